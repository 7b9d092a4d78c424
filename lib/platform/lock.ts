import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Agent } from './agent.ts';
import { expression } from './jsonata.ts';
import type { Workflow } from './workflow.ts';

export interface LockAgents {
  readonly takeLock: Agent;
  readonly releaseLock: Agent;
  readonly cleanUp: Workflow;
}

const EXECUTION = '$states.context.Execution';

/**
 * States that let one run in at a time. A second run while one goes on ends well at once, without an alert; what a dead holder left is
 * cleaned up before its lock is taken over.
 */
export function underTheLock(
  scope: Construct,
  { takeLock, cleanUp }: LockAgents,
  run: {
    suite: string;
    workflow: string;
    id: string | null;
    /** The restore that the run carries out, undoes or forgets. */
    restoreId?: string;
    body: sfn.IChainable;
  },
): sfn.IChainable {
  const payload = {
    suite: run.suite,
    executionArn: expression(`${EXECUTION}.Id`),
    workflow: run.workflow,
    id: run.id,
    restoreId: run.restoreId ?? null,
  };
  const take = takeLock.step(
    scope,
    'Take the lock',
    { ...payload, takeOver: false },
    { assign: { request: expression(`${EXECUTION}.Input`) } },
  );
  const takeOver = takeLock.step(scope, 'Take the lock over', { ...payload, takeOver: true });
  const held = sfn.Succeed.jsonata(scope, 'Leave it to the run that holds the lock', {
    outputs: { outcome: 'LockHeld', holder: expression('$states.input.holder'), since: expression('$states.input.since') },
  });
  const clean = cleanUp.startedBy(scope, 'Clean up after the run that died', {
    name: expression(`'dead-' & $split($states.input.holder, ':')[-1]`),
    input: {
      workflow: 'unknown',
      executionArn: expression('$states.input.holder'),
      startedAt: expression('$states.input.since'),
      failure: { name: 'Aborted', message: 'The run died without cleaning up; the next run found its lock.' },
    },
  });
  const outcome = (name: string) => sfn.Condition.jsonata(expression(`$states.input.outcome = '${name}'`));
  const mayItRun = sfn.Choice.jsonata(scope, 'May this run begin?')
    .when(outcome('LockHeld'), held)
    .when(outcome('HolderDead'), clean)
    .otherwise(run.body);
  take.next(mayItRun);
  clean.next(takeOver).next(mayItRun);
  return take;
}

export function releaseTheLock(scope: Construct, releaseLock: Agent, suite: string, outputs?: unknown): tasks.LambdaInvoke {
  const payload = { suite, executionArn: expression(`${EXECUTION}.Id`) };
  return releaseLock.step(scope, 'Release the lock', payload, { outputs: outputs ?? expression('$states.input') });
}
