import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { RetentionPolicy } from '../../functions/contract/retention-plan.ts';
import type { Agent } from '../platform/agent.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { Workflow } from '../platform/workflow.ts';

export interface RetainAgents {
  readonly decide: Agent;
  readonly apply: Agent;
  readonly giveUp: Agent;
  readonly showAgain: Agent;
  readonly markLeftovers: Agent;
}

export interface RetainProps {
  readonly suite: string;
  readonly policy: RetentionPolicy;
  readonly agents: RetainAgents;
  readonly timeoutSeconds: number;
  /** States that tell people; what they get may be JSONata. */
  readonly tell: (
    scope: Construct,
    what: { workflow: string; executionArn: string; id: string | null; name: string; message: string; sources: unknown },
  ) => sfn.Chain;
}

const RUN = expression('$states.context.Execution.Name');
/** A damaged point is replaced by the next older one; more damaged ones than this are for a person to look at. */
const MOST_ROUNDS = 5;
const AT_ONCE = 4;

/**
 * Settles how long every point stays: what must stay is held and looked at first, and only when all of it is there the others are let go. Runs
 * under its caller's lock.
 */
export class Retain extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: RetainProps) {
    super(scope, id);
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite,
      name: 'retain',
      comment: 'Holds the newest proven points and lets the others go in their time',
      timeoutSeconds: props.timeoutSeconds,
      body: this.states(props),
    });
  }

  private states(props: RetainProps): sfn.IChainable {
    const { suite, agents } = props;
    const begin = sfn.Pass.jsonata(this, 'Count on every proven point', {
      assign: {
        unkeep: expression('$exists($states.input.unkeep) ? $states.input.unkeep : null'),
        damaged: [],
        failures: [],
        rounds: 0,
      },
    });
    const decide = agents.decide.step(
      this,
      'Decide what stays and what goes',
      { suite, policy: props.policy, damaged: expression('$damaged'), unkeep: expression('$unkeep') },
      { assign: { decision: expression('$states.result.Payload'), rounds: expression('$rounds + 1') } },
    );
    const hold = this.each(
      'Make sure that these stay',
      '$decision.hold',
      agents.apply.step(this, 'Hold the point', this.order(suite)),
      {
        // A damaged one must not keep the others from being held.
        damaged: expression('[$append($damaged, $states.result[ok = false].id)]'),
        failures: expression("[$append($failures, $states.result[ok = false].(id & ': ' & message))]"),
      },
    );
    const release = this.each(
      'Let these go in their time',
      '$decision.release',
      agents.apply.step(this, 'Give the point its time back', this.order(suite)),
      {
        failures: expression("[$append($failures, $states.result[ok = false].(id & ': ' & message))]"),
      },
    );
    const giveUp = this.each(
      'Give up what was given up',
      '$decision.giveUp',
      agents.giveUp.step(this, 'Let its objects go', this.order(suite)),
      {
        failures: expression("[$append($failures, $states.result[ok = false].(id & ': ' & message))]"),
      },
    );
    const mark = this.each(
      'Mark what failed runs left',
      "$decision.leftovers.{ 'id': $ }",
      agents.markLeftovers.step(this, 'Mark what the run left', { suite, id: expression('$entry.id') }),
      { failures: expression("[$append($failures, $states.result[ok = false].(id & ': ' & message))]") },
    );
    const show = this.each(
      'Show again what was hidden',
      '$decision.hidden',
      agents.showAgain.step(this, 'Remove the delete marker', {
        id: expression('$entry.id'),
        key: expression('$entry.key'),
        versionId: expression('$entry.versionId'),
      }),
      { failures: expression("[$append($failures, $states.result[ok = false].(id & ': ' & message))]") },
    );
    const tell = props.tell(this, {
      workflow: 'retain',
      executionArn: expression('$states.context.Execution.Id'),
      id: expression('$decision.hidden[0].id'),
      name: 'ObjectsHidden',
      message: expression(
        "$string($count($decision.hidden)) & ' objects of recovery points were hidden by delete markers, which were removed: ' & " +
          "$join($decision.hidden[[0..9]].key, ', ') & '.'",
      ),
      sources: [],
    });
    const again = sfn.Pass.jsonata(this, 'Count on other points');
    again.next(decide);
    const done = sfn.Succeed.jsonata(this, 'Settled', { outputs: { outcome: 'Retained' } });
    const failed = sfn.Fail.jsonata(this, 'Not settled', {
      error: 'RetentionFailed',
      cause: expression(`$substring($join($failures, ' '), 0, 4000)`),
    });
    const isSettled = sfn.Choice.jsonata(this, 'Was everything settled?')
      .when(sfn.Condition.jsonata(expression('$count($failures) > 0')), failed)
      .otherwise(done);
    const areAllThere = sfn.Choice.jsonata(this, 'Are all of them there?')
      .when(sfn.Condition.jsonata(expression(`$count($damaged) > $count($known) and $rounds < ${MOST_ROUNDS}`)), again)
      .otherwise(release);
    release.next(giveUp).next(mark).next(isSettled);
    const note = sfn.Pass.jsonata(this, 'Note which are damaged already', { assign: { known: expression('$damaged') } });
    note.next(hold).next(areAllThere);
    const isHidden = sfn.Choice.jsonata(this, 'Is something hidden?')
      .when(sfn.Condition.jsonata(expression('$count($decision.hidden) > 0')), show)
      .otherwise(note);
    show.next(tell).next(note);
    return begin.next(decide).next(isHidden);
  }

  private order(suite: string): Record<string, unknown> {
    return { suite, order: expression('$entry'), run: RUN };
  }

  /** Does one step for each entry; what fails is noted, and the others go on. */
  private each(name: string, items: string, step: sfn.INextable & sfn.TaskStateBase, assign: Record<string, unknown>): sfn.Map {
    const begin = sfn.Pass.jsonata(this, `${name}: which`, { assign: { entry: expression('$states.input') } });
    const ok = sfn.Pass.jsonata(this, `${name}: done`, { outputs: { ok: true } });
    const failed = sfn.Pass.jsonata(this, `${name}: failed`, {
      outputs: { ok: false, id: expression('$entry.id'), message: expression("$failure.name & ': ' & $failure.message") },
    });
    step.addCatch(failed, { errors: ['States.ALL'], assign: { failure: FAILURE } });
    const map = sfn.Map.jsonata(this, name, {
      items: sfn.ProvideItems.jsonata(expression(`[${items}]`)),
      maxConcurrency: AT_ONCE,
      assign,
      outputs: {},
    });
    map.itemProcessor(begin.next(step).next(ok));
    return map;
  }
}
