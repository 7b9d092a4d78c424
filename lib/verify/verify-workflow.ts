import { Construct } from 'constructs';
import type { SuiteConfig } from '../config/suite-config.ts';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { expression } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';

export interface VerifyProps extends LockAgents {
  readonly suite: SuiteConfig;
  readonly prove: Workflow;
}

/** Proves a recovery point again, by hand: the same proof as a backup ends with, under the same lock. */
export class Verify extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: VerifyProps) {
    super(scope, id);
    const suite = props.suite.name;
    const prove = props.prove.startedBy(this, 'Prove the recovery point once more', {
      name: expression("$request.id & '-verify'"),
      input: {
        id: expression('$request.id'),
        run: expression('$states.context.Execution.Name'),
        acceptAnomaly: expression('$exists($request.acceptAnomaly) ? $request.acceptAnomaly : null'),
      },
    });
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'verify',
      comment: 'Proves a recovery point again',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: underTheLock(this, props, {
        suite,
        workflow: 'verify',
        id: expression('$states.context.Execution.Input.id'),
        body: prove.next(releaseTheLock(this, props.releaseLock, suite)),
      }),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'verify'),
    });
  }
}
