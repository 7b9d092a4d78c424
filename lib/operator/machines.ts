import type { StackFacts } from './connection.ts';

/** Every machine that an operator or a schedule starts, by the word that people know it by. */
export const MACHINES = {
  backup: 'backupMachine',
  verify: 'verifyMachine',
  restore: 'restoreMachine',
  'undo-restore': 'undoRestoreMachine',
  'forget-restore': 'forgetRestoreMachine',
  'make-containers': 'makeContainersMachine',
  'change-retention': 'changeRetentionMachine',
} as const satisfies Record<string, keyof StackFacts>;

export type MachineName = keyof typeof MACHINES;

export function machinesOf(stack: StackFacts): { workflow: MachineName; arn: string }[] {
  return (Object.keys(MACHINES) as MachineName[]).map((workflow) => ({ workflow, arn: stack[MACHINES[workflow]] }));
}
