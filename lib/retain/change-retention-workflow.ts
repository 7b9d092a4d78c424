import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { RetentionPolicy } from '../../functions/contract/retention-plan.ts';
import type { Agent } from '../platform/agent.ts';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { expression } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';

export interface ChangeRetentionProps extends LockAgents {
  readonly suite: string;
  readonly policy: RetentionPolicy;
  readonly keep: Agent;
  readonly prune: Agent;
  readonly retain: Workflow;
  readonly timeoutSeconds: number;
}

const INPUT = '$states.context.Execution.Input';

/** What an operator says about how long points stay: keep one, keep it no longer, give some up before their time. */
export class ChangeRetention extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: ChangeRetentionProps) {
    super(scope, id);
    const { suite } = props;
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'change-retention',
      comment: 'Keeps a point, keeps it no longer, or gives points up before their time',
      timeoutSeconds: props.timeoutSeconds,
      body: underTheLock(this, props, { suite, workflow: 'change-retention', id: null, body: this.states(props) }),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'change-retention'),
    });
  }

  private states({ suite, policy, ...props }: ChangeRetentionProps): sfn.IChainable {
    const who = { who: expression('$request.who'), why: expression('$request.why') };
    const keep = props.keep.step(this, 'Keep the point, or look whether it is kept', {
      suite,
      policy,
      action: expression('$request.action'),
      id: expression('$request.ids[0]'),
      ...who,
    });
    const prune = props.prune.step(this, 'Look whether they may be given up', {
      suite,
      policy,
      ids: expression('$request.ids'),
      confirm: expression('$exists($request.confirm) ? $request.confirm : null'),
      ...who,
    });
    const settle = props.retain.startedBy(this, 'Settle how long every point stays', {
      name: expression("$states.context.Execution.Name & '-retain'"),
      input: { unkeep: expression("$request.action = 'unkeep' ? $request.ids[0] : null") },
      outputs: { outcome: 'Changed' },
    });
    const release = releaseTheLock(this, props.releaseLock, suite);
    const isRefused = sfn.Choice.jsonata(this, 'Is it refused?')
      .when(sfn.Condition.jsonata(expression("$states.input.outcome = 'Refused'")), release)
      .otherwise(settle);
    settle.next(release);
    keep.next(isRefused);
    prune.next(isRefused);
    return sfn.Choice.jsonata(this, 'What is asked for?')
      .when(sfn.Condition.jsonata(expression(`${INPUT}.action = 'prune'`)), prune)
      .otherwise(keep);
  }
}
