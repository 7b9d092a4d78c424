import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { sealParameters } from '../../functions/contract/encryption.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { Workflow } from '../platform/workflow.ts';
import { fork, fromOfInput, onHost, type RestoreParts, RUN } from './host-steps.ts';

const INPUT = '$states.context.Execution.Input';
const RESULT = '$states.result.Output.result';
const AT_ONCE = 2;

/** Compares what is on the host with a recovery point, source by source: which of them are affected. Reads only. */
export class Assess extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: RestoreParts) {
    super(scope, id);
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite.name,
      name: 'assess',
      comment: 'Compares every source on the host with a recovery point',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: this.states(props),
      alwaysOnFailure: sfn.Pass.jsonata(this, 'Nothing was changed'),
    });
  }

  private states(props: RestoreParts): sfn.IChainable {
    const { suite, agents } = props;
    const plan = agents.planAssess.step(
      this,
      'Find what to compare',
      { suite: suite.name, id: expression(`${INPUT}.id`), ...fromOfInput(suite), sources: suite.sources },
      {
        assign: {
          plan: expression('$states.result.Payload'),
          restoreId: expression('$states.result.Payload.restoreId'),
          sealing: sealParameters(suite.encryption),
          run: RUN,
        },
      },
    );
    const begin = sfn.Pass.jsonata(this, 'Remember the source to compare', {
      assign: { item: expression('$states.input'), found: null },
    });
    const answer = (key: unknown, error: unknown) => ({
      label: expression('$item.label'),
      found: expression('$found'),
      key,
      error,
    });
    const step = (stateName: string, document: Parameters<typeof onHost>[3]['document'], more: Record<string, unknown>) =>
      onHost(this, props, stateName, {
        document,
        from: '$item.parameters',
        name: `$item.label & '-${document}'`,
        ...more,
      });
    const asked = { assign: { found: expression(RESULT) } };
    const database = step('Look at the database', 'inspect-database', asked);
    const tree = step('Look at the files', 'inspect-tree', asked);
    const listed = { outputs: answer(expression(`${RESULT}.artifacts[0].key`), null) };
    const fingerprint = step('Take its fingerprint', 'fingerprint-database', listed);
    const list = step('List its files', 'list-tree', listed);
    const missing = sfn.Pass.jsonata(this, 'There is nothing to compare', { outputs: answer(null, null) });
    const failed = sfn.Pass.jsonata(this, 'Note what could not be compared', {
      outputs: answer(null, expression('$lookFailure')),
    });
    for (const state of [database, tree, fingerprint, list]) {
      state.addCatch(failed, { errors: ['States.ALL'], assign: { lookFailure: FAILURE } });
    }
    database.next(fork(this, 'Is the database there?', '$states.input.exists', fingerprint, missing));
    tree.next(fork(this, 'Are the files there?', '$states.input.exists', list, missing));
    const map = sfn.Map.jsonata(this, 'Compare every source', {
      items: sfn.ProvideItems.jsonata(expression('[$plan.sources]')),
      maxConcurrency: AT_ONCE,
    });
    map.itemProcessor(begin.next(fork(this, 'Are these files?', '$item.isTree', tree, database)));
    const judge = agents.judgeAssess.step(this, 'Judge every source', {
      suite: suite.name,
      id: expression(`${INPUT}.id`),
      ...fromOfInput(suite),
      answers: expression('$states.input'),
    });
    return plan.next(map).next(judge);
  }
}
