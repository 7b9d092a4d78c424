import { Construct } from 'constructs';
import type { SuiteConfig } from '../config/suite-config.ts';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { inAnyCase } from '../platform/in-any-case.ts';
import { expression } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';

export interface VerifyProps extends LockAgents {
  readonly suite: SuiteConfig;
  readonly prove: Workflow;
  readonly retain: Workflow;
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
        ...(props.suite.vault.replica && { from: expression("$exists($request.from) ? $request.from : 'vault'") }),
      },
    });
    const retain = (stateName: string, outputs: string) =>
      props.retain.startedBy(this, stateName, {
        name: expression("$request.id & '-retain'"),
        input: { about: expression('$request.id') },
        outputs,
      });
    const names = {
      done: 'Settle how long every point stays',
      failed: 'Settle how long the others stay',
      end: 'End as not proven',
    };
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'verify',
      comment: 'Proves a recovery point again',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: underTheLock(this, props, {
        suite,
        workflow: 'verify',
        id: expression('$states.context.Execution.Input.id'),
        body: inAnyCase(this, prove, retain, names, releaseTheLock(this, props.releaseLock, suite)),
      }),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'verify'),
    });
  }
}
