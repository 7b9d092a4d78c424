import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { sealParameters } from '../../functions/contract/encryption.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { Workflow } from '../platform/workflow.ts';
import { fork, fromOfInput, makeKey, type RestoreParts, RUN, removeKey } from './host-steps.ts';

/** The host's agent runs five commands at once. */
const AT_ONCE = 2;

export interface PlanRestoreProps extends RestoreParts {
  readonly assess: Workflow;
}

/** Finds out what a restore would do, and writes it down. Touches nothing, takes no lock, alarms nobody. */
export class PlanRestore extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: PlanRestoreProps) {
    super(scope, id);
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite.name,
      name: 'plan-restore',
      comment: 'Plans a restore: what it would replace, how much space and time it needs, what stands in its way',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: this.states(props),
      alwaysOnFailure: sfn.Pass.jsonata(this, 'Nothing was touched'),
    });
  }

  private states(props: PlanRestoreProps): sfn.IChainable {
    const { suite, agents, hostCommand } = props;
    const request = expression('$states.context.Execution.Input');
    const sources = suite.sources;
    const choose = agents.chooseItems.step(
      this,
      'Choose what to restore',
      { suite: suite.name, request, sources, writers: suite.writers },
      {
        assign: {
          draft: expression('$states.result.Payload'),
          restoreId: expression('$states.result.Payload.restoreId'),
          run: RUN,
          key: null,
          keyFailure: null,
          sealing: sealParameters(suite.encryption),
        },
      },
    );
    const begin = sfn.Pass.jsonata(this, 'Remember the question', {
      assign: { look: expression('$states.input'), way: {} },
    });
    const way = agents.presign.step(
      this,
      'Give the host a way to it',
      {
        suite: suite.name,
        id: expression('$draft.point'),
        ...fromOfInput(suite),
        label: expression('$look.presign.label'),
        role: expression('$look.presign.role'),
        key: expression('$key'),
      },
      { assign: { way: expression('$states.result.Payload.way') }, outputs: {} },
    );
    const ask = hostCommand.step(this, 'Ask the host', {
      document: expression('$look.document'),
      parameters: expression('$merge([$look.parameters, $way])'),
      name: expression("$draft.restoreId & '-' & $look.key & '-' & $look.document"),
      comment: expression("$states.context.Execution.Name & ' ' & $look.document"),
      outputs: { key: expression('$look.key'), ok: true, result: expression('$states.result.Output.result'), error: null },
    });
    const failed = sfn.Pass.jsonata(this, 'Note what the host did not answer', {
      outputs: { key: expression('$look.key'), ok: false, result: null, error: expression('$lookFailure') },
    });
    for (const step of [way, ask]) step.addCatch(failed, { errors: ['States.ALL'], assign: { lookFailure: FAILURE } });
    way.next(ask);
    const needsWay = sfn.Choice.jsonata(this, 'Does it need something of the point?')
      .when(sfn.Condition.jsonata(expression('$look.presign != null')), way)
      .otherwise(ask);
    const looks = sfn.Map.jsonata(this, 'Look at the host', {
      items: sfn.ProvideItems.jsonata(expression('[$draft.looks]')),
      maxConcurrency: AT_ONCE,
    });
    looks.itemProcessor(begin.next(needsWay));
    const finish = agents.finishPlan.step(this, 'Write the plan', {
      suite: suite.name,
      restoreId: expression('$draft.restoreId'),
      point: expression('$draft.point'),
      request,
      sources,
      looks: expression('$states.input[0]'),
      assessment: expression('$states.input[1]'),
      keyFailure: expression('$keyFailure'),
    });
    const both = sfn.Parallel.jsonata(this, 'Look at what is there, and at what is affected');
    both.branch(looks);
    both.branch(this.assessment(props));
    both.next(removeKey(this, props, finish));
    // Without its key it still says what else stands in the way.
    return choose.next(
      makeKey(this, props, { condition: '$draft.sealed', owner: "'plan-' & $restoreId", next: both, otherwise: both }),
    );
  }

  /** The disaster plan begins with "which components are affected". What cannot be said of them must not keep the plan from being made. */
  private assessment({ assess, suite }: PlanRestoreProps): sfn.IChainable {
    const ask = assess.startedBy(this, 'Assess every source', {
      name: expression("$draft.restoreId & '-assess'"),
      input: { id: expression('$draft.point'), ...fromOfInput(suite) },
      outputs: { sources: expression('[$states.result.Output.sources]'), error: null },
    });
    const failed = sfn.Pass.jsonata(this, 'Note what could not be assessed', {
      outputs: { sources: null, error: expression('$assessFailure') },
    });
    ask.addCatch(failed, { errors: ['States.ALL'], assign: { assessFailure: FAILURE } });
    const skip = sfn.Pass.jsonata(this, 'Only some of it is meant', { outputs: expression('null') });
    return fork(this, 'Is the whole suite meant?', "$states.context.Execution.Input.mode = 'full'", ask, skip);
  }
}
