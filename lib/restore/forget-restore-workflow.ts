import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { expression } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';
import { eachItem, fork, note, onHost, type RestoreParts, RUN } from './host-steps.ts';

const INPUT = '$states.context.Execution.Input';
const ITEM = '$item.parameters';

/** Removes what a restore kept of the old: its space is free again, and it cannot be undone any more. */
export class ForgetRestore extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: RestoreParts & LockAgents) {
    super(scope, id);
    const suite = props.suite.name;
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'forget-restore',
      comment: 'Removes what a restore kept of the old',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: sfn.Pass.jsonata(this, 'Remember which restore to forget', {
        assign: { restoreId: expression(`${INPUT}.restoreId`), run: RUN },
      }).next(
        underTheLock(this, props, {
          suite,
          workflow: 'forget-restore',
          id: null,
          restoreId: expression(`${INPUT}.restoreId`),
          body: this.states(props),
        }),
      ),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'forget-restore'),
    });
  }

  private states(props: RestoreParts & LockAgents): sfn.IChainable {
    const { suite, agents, releaseLock } = props;
    const plan = agents.planUndo.step(
      this,
      'Find what can be forgotten',
      { suite: suite.name, restoreId: expression('$restoreId'), purpose: 'forget' },
      { assign: { plan: expression('$states.result.Payload') } },
    );
    const release = releaseTheLock(this, releaseLock, suite.name);
    const refused = sfn.Pass.jsonata(this, 'It cannot be forgotten', {
      outputs: {
        outcome: 'Refused',
        name: 'RestoreRefused',
        restoreId: expression('$restoreId'),
        message: expression('$plan.message'),
      },
    });
    refused.next(release);
    const record = agents.recordRestore.step(
      this,
      'Record that it is forgotten',
      {
        suite: suite.name,
        restoreId: expression('$restoreId'),
        what: 'forgotten',
        executionArn: expression('$states.context.Execution.Id'),
        safetyPoint: null,
        failed: [],
      },
      {
        outputs: {
          outcome: 'Forgotten',
          restoreId: expression('$restoreId'),
          message: expression('$states.result.Payload.message'),
        },
      },
    );
    const items = eachItem(this, 'Forget every item', '$plan.items', this.item(props), {});
    items.next(record).next(release);
    return plan.next(fork(this, 'May it be forgotten?', "$plan.outcome = 'Go'", items, refused));
  }

  private item(props: RestoreParts): sfn.IChainable {
    const begin = sfn.Pass.jsonata(this, 'Remember the item to forget', { assign: { item: expression('$states.input') } });
    const noted = note(this, props, 'Note that the item is forgotten', { item: expression('$item.item'), phase: 'forgotten' });
    const drop = onHost(this, props, 'Drop the old database', {
      document: 'drop-database',
      from: ITEM,
    });
    const tables = onHost(this, props, 'Drop the old rows', {
      document: 'return-tables',
      from: `$merge([${ITEM}, { 'direction': 'forget' }])`,
    });
    const files = onHost(this, props, 'Remove the old files', { document: 'forget-tree', from: ITEM });
    for (const step of [drop, tables, files]) step.next(noted);
    const kind = sfn.Choice.jsonata(this, 'What is forgotten?');
    const when = (condition: string, next: sfn.IChainable) => kind.when(sfn.Condition.jsonata(expression(condition)), next);
    when("$item.kind = 'database' and $item.drops", drop);
    when("$item.kind = 'database'", noted);
    when("$item.kind = 'tables'", tables);
    return begin.next(kind.otherwise(files));
  }
}
