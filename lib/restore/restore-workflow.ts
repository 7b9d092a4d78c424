import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { sealParameters } from '../../functions/contract/encryption.ts';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';
import { fork, makeKey, type RestoreParts, RUN, removeKey } from './host-steps.ts';
import { RestoreItems } from './restore-items.ts';
import { Thaw } from './thaw.ts';
import { StartWriters, StopWriters } from './writers.ts';

export interface RestoreProps extends RestoreParts, LockAgents {
  readonly backup: Workflow;
  /** States that tell the operators of a restore that is done; what they get may be JSONata. */
  readonly tell: (scope: Construct, what: { id: string; message: string }) => sfn.Chain;
}

const INPUT = '$states.context.Execution.Input';

/**
 * Carries out a plan: what is archived thawed, a safety point, writers down, every item beside the old and then in its place, writers up. What fails is put back
 * by the clean-up, which also ends this execution's commands when it was killed.
 */
export class Restore extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: RestoreProps) {
    super(scope, id);
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite.name,
      name: 'restore',
      comment: 'Restores what a plan says: beside the old, compared, swapped; whatever fails is put back',
      timeoutSeconds: props.suite.timeouts.workflow + props.suite.timeouts.thaw,
      body: this.states(props),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'restore'),
    });
  }

  private states(props: RestoreProps): sfn.IChainable {
    const suite = props.suite.name;
    const flag = (name: string, otherwise: boolean) => expression(`$exists(${INPUT}.${name}) ? ${INPUT}.${name} : ${otherwise}`);
    const payload = {
      suite,
      restoreId: expression(`${INPUT}.restoreId`),
      confirm: expression(`${INPUT}.confirm`),
      safetyPoint: flag('safetyPoint', true),
      resume: flag('resume', false),
      again: false,
    };
    const check = props.agents.checkPlan.step(this, 'Check the plan', payload, {
      assign: {
        plan: expression('$states.result.Payload'),
        restoreId: expression(`${INPUT}.restoreId`),
        run: RUN,
        point: expression("$exists($states.result.Payload.point) ? $states.result.Payload.point : ''"),
        safety: null,
        key: null,
        sealing: sealParameters(props.suite.encryption),
        stopped: '',
        asked: 0,
      },
    });
    const refused = sfn.Succeed.jsonata(this, 'Leave everything as it is', { outputs: expression('$states.input') });
    const locked = underTheLock(this, props, {
      suite,
      workflow: 'restore',
      id: expression('$point'),
      restoreId: expression('$restoreId'),
      body: this.underLock(props, { ...payload, again: true }),
    });
    const safety = this.safetyPoint(props, locked);
    const needsOne = fork(this, 'Is a safety point wanted?', '$plan.safetyPoint', safety, locked);
    const thaw = new Thaw(this, 'Thaw', props, needsOne).first;
    return check.next(fork(this, 'May it be carried out?', "$plan.outcome = 'Go'", thaw, refused));
  }

  /** A proven point of what is there now, made under its own lock; without one nothing is touched. */
  private safetyPoint({ backup }: RestoreProps, then: sfn.IChainable): sfn.IChainable {
    const make = backup.startedBy(this, 'Make a safety point', {
      name: expression("$restoreId & '-safety'"),
      input: { trigger: 'manual', tier: 'daily', label: expression("'before restore ' & $restoreId"), scheduledFor: null },
      assign: { safety: expression('$exists($states.result.Output.id) ? $states.result.Output.id : null') },
    });
    // The backup itself has told why (its cause is JSON with a message); here it is an answer, because nothing was touched.
    const failed = sfn.Succeed.jsonata(this, 'Give up before anything is touched', {
      outputs: {
        outcome: 'SafetyPointFailed',
        restoreId: expression('$restoreId'),
        message: expression(
          "($m := $safetyFailure.message; $own := $substring($m, 0, 1) = '{' and $substring($m, -1) = '}' ? $parse($m).message; " +
            "'Nothing was touched, because the safety point failed (' & $safetyFailure.name & '): ' & $substring($exists($own) ? $own : $m, 0, 2000))",
        ),
      },
    });
    make.addCatch(failed, { errors: ['States.ALL'], assign: { safetyFailure: FAILURE } });
    const held = sfn.Succeed.jsonata(this, 'Leave it to the backup that goes on', { outputs: expression('$states.input') });
    make.next(fork(this, 'Is the safety point proven?', "$states.input.outcome = 'Proven'", then, held));
    return make;
  }

  /** While nobody held the lock an earlier run of this restore may have been put back, or another may have begun it. */
  private underLock(props: RestoreProps, payload: Record<string, unknown>): sfn.IChainable {
    const again = props.agents.checkPlan.step(this, 'Check the plan once more', payload, {
      assign: { plan: expression('$states.result.Payload') },
    });
    const stop = releaseTheLock(this, props.releaseLock, props.suite.name);
    return again.next(fork(this, 'May it still be carried out?', "$plan.outcome = 'Go'", this.work(props, stop), stop));
  }

  private work(props: RestoreProps, release: sfn.TaskStateBase): sfn.IChainable {
    const { suite, agents } = props;
    const record = agents.recordRestore.step(
      this,
      'Record the restore',
      {
        suite: suite.name,
        restoreId: expression('$restoreId'),
        what: 'restored',
        executionArn: expression('$states.context.Execution.Id'),
        safetyPoint: expression('$safety'),
        failed: [],
      },
      { assign: { message: expression('$states.result.Payload.message') } },
    );
    const tell = props.tell(this, { id: expression('$point'), message: expression("$message & ' Restore ' & $restoreId & '.'") });
    const done = sfn.Pass.jsonata(this, 'The restore is done', {
      outputs: { outcome: 'Restored', restoreId: expression('$restoreId'), message: expression('$message') },
    });
    record.next(tell);
    tell.next(done).next(release);
    const start = new StartWriters(this, 'StartWriters', props, record);
    const items = new RestoreItems(this, 'Items', props).states;
    items.next(removeKey(this, props, start.first));
    const stop = new StopWriters(this, 'StopWriters', props, items).first;
    return makeKey(this, props, { condition: '$plan.sealed', owner: '$restoreId', next: stop });
  }
}
