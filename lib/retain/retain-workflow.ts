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
    const begin = sfn.Pass.jsonata(this, 'Remember what the run is about', {
      assign: {
        about: expression("$exists($states.input.about) and $states.input.about != null ? $states.input.about : ''"),
        unkeep: expression('$exists($states.input.unkeep) ? $states.input.unkeep : null'),
        hidden: [],
        damaged: [],
        failures: [],
        rounds: 0,
      },
    });
    const decide = agents.decide.step(
      this,
      'Decide what stays and what goes',
      { suite, policy: props.policy, unkeep: expression('$unkeep'), about: expression('$about') },
      {
        assign: {
          decision: expression('$states.result.Payload'),
          hidden: expression('[$append($hidden, $states.result.Payload.hidden)]'),
          rounds: expression('$rounds + 1'),
        },
      },
    );
    const show = this.each(
      'Show again what was hidden',
      '$decision.hidden',
      agents.showAgain.step(this, 'Remove the delete marker', {
        id: expression('$entry.id'),
        key: expression('$entry.key'),
        versionId: expression('$entry.versionId'),
      }),
    );
    const hold = this.each(
      'Make sure that these stay',
      '$decision.hold',
      agents.apply.step(this, 'Hold the point', this.order(suite)),
      {
        found: expression("[$states.result[$exists(damaged) and damaged != null].(id & ': ' & damaged)]"),
        // Of the point that the run is about its own failure tells.
        damaged: expression(
          "[$append($damaged, $states.result[$exists(damaged) and damaged != null and id != $about].(id & ': ' & damaged))]",
        ),
      },
    );
    const release = this.each(
      'Let these go in their time',
      '$decision.release',
      agents.apply.step(this, 'Give the point its time back', this.order(suite)),
    );
    const giveUp = this.each(
      'Give up what was given up',
      '$decision.giveUp',
      agents.giveUp.step(this, 'Let its objects go', this.order(suite)),
    );
    const mark = this.each(
      'Mark what failed runs left',
      "$decision.leftovers.{ 'id': $ }",
      agents.markLeftovers.step(this, 'Mark what the run left', { suite, id: expression('$entry.id') }),
    );
    const tell = props.tell(this, {
      workflow: 'retain',
      executionArn: expression('$states.context.Execution.Id'),
      id: expression("$count($damaged) > 0 ? $substringBefore($damaged[0], ':') : $hidden[0].id"),
      name: expression("$count($damaged) > 0 ? 'PointDamaged' : 'ObjectsHidden'"),
      message: expression(
        "$substring($join([$damaged, $count($hidden) = 0 ? [] : $string($count($hidden)) & ' objects of recovery points were hidden by " +
          "delete markers, which were removed: ' & $join($hidden[[0..9]].key, ', ') & '.'], ' '), 0, 4000)",
      ),
      sources: [],
    });
    const again = sfn.Pass.jsonata(this, 'Count on older points');
    const done = sfn.Succeed.jsonata(this, 'Settled', { outputs: { outcome: 'Retained' } });
    const failed = sfn.Fail.jsonata(this, 'Not settled', {
      error: 'RetentionFailed',
      cause: expression("$substring($join($failures, ' '), 0, 4000)"),
    });
    const when = (name: string, condition: string, then: sfn.IChainable, otherwise: sfn.IChainable) =>
      sfn.Choice.jsonata(this, name)
        .when(sfn.Condition.jsonata(expression(condition)), then)
        .otherwise(otherwise);
    const isSettled = when('Was everything settled?', '$count($failures) > 0', failed, done);
    const isNews = when('Must somebody look at it?', '$count($damaged) + $count($hidden) > 0', tell, isSettled);
    tell.next(isSettled);
    release.next(giveUp).next(mark).next(isNews);
    // Nothing is let go before all that must stay is held.
    const isHeld = when('Was one of them not held?', '$count($failures) > 0', isNews, release);
    const areAllThere = when('Are all of them whole?', `$count($found) > 0 and $rounds < ${MOST_ROUNDS}`, again, isHeld);
    again.next(decide);
    hold.next(areAllThere);
    const isHidden = when('Is something hidden?', '$count($decision.hidden) > 0', show, hold);
    show.next(hold);
    return begin.next(decide).next(isHidden);
  }

  private order(suite: string): Record<string, unknown> {
    return { suite, order: expression('$entry'), run: RUN };
  }

  /** Does one step for each entry; what fails is noted, and the others go on. */
  private each(name: string, items: string, step: sfn.TaskStateBase, assign: Record<string, unknown> = {}): sfn.Map {
    const begin = sfn.Pass.jsonata(this, `${name}: which`, { assign: { entry: expression('$states.input') } });
    const ok = sfn.Pass.jsonata(this, `${name}: done`, { outputs: expression("$merge([$states.input, { 'ok': true }])") });
    const failed = sfn.Pass.jsonata(this, `${name}: failed`, {
      outputs: { ok: false, id: expression('$entry.id'), message: expression("$failure.name & ': ' & $failure.message") },
    });
    step.addCatch(failed, { errors: ['States.ALL'], assign: { failure: FAILURE } });
    const map = sfn.Map.jsonata(this, name, {
      items: sfn.ProvideItems.jsonata(expression(`[${items}]`)),
      maxConcurrency: AT_ONCE,
      assign: {
        failures: expression("[$append($failures, $states.result[ok = false].(id & ': ' & message))]"),
        ...assign,
      },
      outputs: {},
    });
    map.itemProcessor(begin.next(step).next(ok));
    return map;
  }
}
