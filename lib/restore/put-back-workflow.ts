import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { Workflow } from '../platform/workflow.ts';
import { eachItem, fork, note, onHost, type RestoreParts } from './host-steps.ts';
import type { RestoreDocument } from './restore-documents.ts';
import { StartWriters } from './writers.ts';

const ITEM = '$item.parameters';
const BACK = `$merge([${ITEM}, { 'direction': 'back', 'discard': $discard }])`;
// By its name alone, which holds the restore's id: of a copy that was made again the journal knows no number yet.
const BESIDE = `$merge([${ITEM}, { 'database': ${ITEM}.beside, 'oid': '' }])`;
const INPUT = '$states.input';

/**
 * Puts back whatever a restore has touched, the last first, and starts what it stopped. Looks at what is there instead of trusting how
 * far the restore came, so it can be done twice. Has no lock of its own: who starts it holds one.
 */
export class PutBack extends Construct {
  readonly workflow: Workflow;
  private readonly parts: RestoreParts;

  constructor(scope: Construct, id: string, parts: RestoreParts) {
    super(scope, id);
    this.parts = parts;
    this.workflow = new Workflow(this, 'Workflow', {
      suite: parts.suite.name,
      name: 'put-back',
      comment: 'Puts back what a restore has touched, and starts what it stopped',
      timeoutSeconds: parts.suite.timeouts.workflow,
      body: this.states(),
    });
  }

  private states(): sfn.IChainable {
    const { suite, agents } = this.parts;
    const begin = sfn.Pass.jsonata(this, 'Remember which restore it is', {
      assign: {
        restoreId: expression(`${INPUT}.restoreId`),
        run: expression(`${INPUT}.run`),
        what: expression(`${INPUT}.what`),
        discard: expression(`${INPUT}.discard`),
        stopped: '',
        failed: [],
      },
    });
    const plan = agents.planUndo.step(
      this,
      'Find what must be put back',
      { suite: suite.name, restoreId: expression('$restoreId'), purpose: 'back' },
      {
        assign: { plan: expression('$states.result.Payload'), stopped: expression('$states.result.Payload.stopped') },
      },
    );
    const record = agents.recordRestore.step(this, 'Record what was put back', {
      suite: suite.name,
      restoreId: expression('$restoreId'),
      what: expression('$what'),
      executionArn: expression('$states.context.Execution.Id'),
      safetyPoint: null,
      failed: expression('$failed'),
    });
    const done = sfn.Succeed.jsonata(this, 'Everything is back', { outputs: expression(INPUT) });
    const failed = sfn.Fail.jsonata(this, 'Not everything is back', {
      error: 'PutBackFailed',
      cause: expression(`${INPUT}.message`),
    });
    record.next(fork(this, 'Is everything back?', `${INPUT}.ok`, done, failed));
    const start = new StartWriters(this, 'StartWriters', this.parts, record);
    start.start.addCatch(record, {
      errors: ['States.ALL'],
      assign: {
        failed: expression(`$append($failed, [{ 'label': 'writers', 'message': ${FAILURE.slice(2, -2).trim()}.message }])`),
      },
    });
    const gather = sfn.Pass.jsonata(this, 'Gather what failed', {
      assign: { failed: expression(`[${INPUT}[$not(ok)].{ 'label': label, 'message': message }]`) },
    });
    gather.next(start.first);
    const items = eachItem(this, 'Put every item back', '$plan.items', this.item());
    return begin.next(plan).next(items).next(gather);
  }

  /** One that cannot be put back must not keep the others from it. */
  private item(): sfn.IChainable {
    const begin = sfn.Pass.jsonata(this, 'Remember the item to put back', { assign: { item: expression(INPUT) } });
    const noted = note(this, this.parts, 'Note that the item is back', {
      item: expression('$item.item'),
      phase: 'back',
      result: expression(INPUT),
    });
    const done = sfn.Pass.jsonata(this, 'The item is back', {
      outputs: { ok: true, label: expression('$item.label'), message: '' },
    });
    const failed = sfn.Pass.jsonata(this, 'The item is not back', {
      outputs: {
        ok: false,
        label: expression('$item.label'),
        message: expression('$itemFailure.name & ": " & $itemFailure.message'),
      },
    });
    const swapDatabase = this.onHost('Swap the databases back', 'swap-database', BACK);
    const drop = this.onHost('Drop what lies beside', 'drop-database', BESIDE);
    const returned = this.onHost('Return the tables', 'return-tables', BACK);
    const swapTree = this.onHost('Swap the files back', 'swap-tree', BACK);
    const forget = this.onHost('Remove the files that lie beside', 'forget-tree', ITEM);
    for (const step of [swapDatabase, drop, returned, swapTree, forget, noted]) {
      step.addCatch(failed, { errors: ['States.ALL'], assign: { itemFailure: FAILURE } });
    }
    swapDatabase.next(noted);
    returned.next(drop);
    drop.next(noted);
    swapTree.next(noted);
    forget.next(noted);
    noted.next(done);
    const kind = sfn.Choice.jsonata(this, 'What must be put back?');
    const when = (condition: string, next: sfn.IChainable) => kind.when(sfn.Condition.jsonata(expression(condition)), next);
    when("$item.kind = 'database' and $item.mayBeSwapped", swapDatabase);
    when("$item.kind = 'tables' and $item.mayBeSwapped", returned);
    when("$item.kind in ['database', 'tables']", drop);
    // Also of one that is only beside: an earlier undo may have kept there what was written.
    when('$item.swaps', swapTree);
    return begin.next(kind.otherwise(forget));
  }

  private onHost(stateName: string, document: RestoreDocument, from: string): tasks.StepFunctionsStartExecution {
    return onHost(this, this.parts, stateName, { document, from });
  }
}
