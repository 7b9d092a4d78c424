import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { machineName, SCRATCH_PORTS } from '../functions/contract/names.ts';
import { TIERS } from '../functions/contract/tiers.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { Agent, type AgentProps } from './platform/agent.ts';
import type { RestoreAgents } from './restore/host-steps.ts';
import { giveVaultRights, type VaultRights } from './vault-rights.ts';
import type { VaultStack } from './vault-stack.ts';
import type { ProofAgents } from './verify/prove-workflow.ts';

const EVERYTHING_OF_A_POINT = ['recovery-points/*', 'artifacts/*'];
const FINDINGS = { read: ['recovery-points/*'], put: ['findings/*'] };

type More = Partial<Pick<AgentProps, 'timeoutSeconds' | 'memoryMiB' | 'network'>>;

/** Every agent of the suite with all it may do in the vault: one place to read who may do what. */
export function agentsOf(scope: Construct, suite: SuiteConfig, vault: VaultStack) {
  const make = (entry: string, rights: VaultRights, more: More = {}): Agent => {
    const name = entry.slice(entry.indexOf('/') + 1);
    const id = name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());
    const agent = new Agent(scope, id, {
      suite: suite.name,
      name,
      entry: `functions/${entry}.ts`,
      environment: { BUCKET: vault.bucket.bucketName },
      ...more,
    });
    return giveVaultRights(agent, vault, suite.name, rights);
  };
  const stack = Stack.of(scope);
  const executionsOf = (workflows: readonly string[]) =>
    workflows.map((workflow) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        resourceName: `${machineName(suite.name, workflow)}:*`,
      }),
    );
  const holders = executionsOf([
    'backup',
    'verify',
    'restore',
    'undo-restore',
    'forget-restore',
    'make-containers',
    'change-retention',
  ]);
  const lock = ['lock.json'];
  // Streams through one core: 1,769 MiB is one virtual CPU, more is not used (measured).
  const streams: More = { timeoutSeconds: 900, memoryMiB: 1769 };
  const runs = {
    takeLock: make('runs/take-lock', { read: lock, put: lock }).allow(['states:DescribeExecution'], holders),
    releaseLock: make('runs/release-lock', { read: lock, remove: lock }),
    findRun: make('runs/find-run', { read: [...lock, 'failures/*', 'restores/*'], put: lock }).allow(
      ['states:DescribeExecution'],
      executionsOf(['clean-up', 'backup', 'restore']),
    ),
    recordFailure: make('runs/record-failure', { read: [...lock, 'failures/*'], put: ['failures/*'] }),
  };
  const backup = {
    plan: make('backup/plan', { read: [...lock, 'recovery-points/*', 'failures/*'], put: lock }),
    seal: make('backup/seal', {
      read: [...EVERYTHING_OF_A_POINT],
      list: ['proofs/*'],
      history: ['artifacts/*'],
      put: ['recovery-points/*'],
      tag: { keys: EVERYTHING_OF_A_POINT, words: [...TIERS, 'failed'] },
    }),
  };
  const proof: ProofAgents = {
    planProof: make('verify/plan-proof', { read: EVERYTHING_OF_A_POINT }),
    checkObjects: make('verify/check-objects', { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] }),
    readBack: make('verify/read-back', { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] }, streams),
    compareFiles: make('verify/compare-files', { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] }, streams),
    presign: make('verify/presign', { read: EVERYTHING_OF_A_POINT }),
    recordCheck: make('verify/record-check', FINDINGS),
    compareRoles: make('verify/compare-roles', { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] }),
    compareSchema: make(
      'verify/compare-schema',
      { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] },
      { timeoutSeconds: 300, memoryMiB: 1024 },
    ),
    compareRows: make(
      'verify/compare-rows',
      { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] },
      { timeoutSeconds: 900, memoryMiB: 512, network: suite.host.network },
    ),
    crossCheck: make('verify/cross-check', { read: EVERYTHING_OF_A_POINT, put: ['findings/*'] }, streams),
    removeAccess: make('verify/remove-access', { remove: ['artifacts/work/*'] }),
    writeProof: make('verify/write-proof', { read: ['recovery-points/*', 'findings/*'], put: ['proofs/*'] }),
  };
  if (suite.host.network) proof.compareRows.mayReach(suite.verification.port, SCRATCH_PORTS);
  const RESTORES = ['recovery-points/*', 'restores/*'];
  const restore: RestoreAgents = {
    chooseItems: make('restore/choose-items', { read: ['recovery-points/*'], list: ['proofs/*', 'retention/*'] }),
    finishPlan: make('restore/finish-plan', { read: [...EVERYTHING_OF_A_POINT, 'proofs/*', 'restores/*'], put: ['restores/*'] }),
    planContainers: make('restore/plan-containers', { read: ['restores/*'] }),
    checkPlan: make('restore/check-plan', { read: RESTORES }),
    thawPoint: make('restore/thaw-point', { read: EVERYTHING_OF_A_POINT, thaw: ['artifacts/*'] }),
    recordStep: make('restore/record-step', { read: ['restores/*'], put: ['restores/*'] }),
    recordRestore: make('restore/record-restore', { read: ['restores/*'], put: ['restores/*'] }),
    planUndo: make('restore/plan-undo', { read: ['restores/*'] }),
    judgeUndo: make('restore/judge-undo', {}),
    compareDatabase: make('restore/compare-database', { read: EVERYTHING_OF_A_POINT }, { timeoutSeconds: 300, memoryMiB: 1024 }),
    compareTree: make('restore/compare-tree', { read: EVERYTHING_OF_A_POINT }, { timeoutSeconds: 900, memoryMiB: 1769 }),
    planAssess: make('restore/plan-assess', { read: ['recovery-points/*'] }),
    judgeAssess: make('restore/judge-assess', { read: EVERYTHING_OF_A_POINT }, { timeoutSeconds: 900, memoryMiB: 1769 }),
    presign: proof.presign,
  };
  const POINT = [...EVERYTHING_OF_A_POINT, 'proofs/*'];
  // What somebody hid is found among all versions only.
  const HISTORY = { read: ['recovery-points/*'], history: POINT, list: ['retention/*'] };
  const many: More = { timeoutSeconds: 300, memoryMiB: 1024 };
  const retain = {
    decide: make('retain/decide', { ...HISTORY, list: ['retention/*', 'artifacts/*'] }, many),
    apply: make('retain/apply', { read: POINT, put: ['retention/*'], tag: { keys: POINT, words: [...TIERS, 'pinned'] } }, many),
    keep: make('retain/keep', { ...HISTORY, read: POINT, put: ['retention/*'], tag: { keys: POINT, words: ['pinned'] } }, many),
    prune: make('retain/prune', { ...HISTORY, put: ['retention/*'] }, many),
    giveUp: make('retain/give-up', { read: POINT, put: ['retention/*'], tag: { keys: POINT, words: ['failed'] } }, many),
    showAgain: make('retain/show-again', { history: POINT, removeVersions: POINT }),
    markLeftovers: make('retain/mark-leftovers', {
      read: ['recovery-points/*'],
      history: EVERYTHING_OF_A_POINT,
      tag: { keys: ['artifacts/*'], words: ['failed'] },
    }),
  };
  return { runs, backup, proof, restore, retain };
}
