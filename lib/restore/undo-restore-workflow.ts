import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { expression } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';
import { eachItem, fork, onHost, type RestoreParts, RUN } from './host-steps.ts';
import { StartWriters, StopWriters } from './writers.ts';

export interface UndoRestoreProps extends RestoreParts, LockAgents {
  readonly putBack: Workflow;
}

const INPUT = '$states.context.Execution.Input';
const DISCARD = `($exists(${INPUT}.discardNewWrites) ? ${INPUT}.discardNewWrites : false)`;

/** Takes a restore back: only when nothing was written since, unless that may be lost. */
export class UndoRestore extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: UndoRestoreProps) {
    super(scope, id);
    const suite = props.suite.name;
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'undo-restore',
      comment: 'Takes a restore back, unless something was written since',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: sfn.Pass.jsonata(this, 'Remember which restore to undo', {
        assign: { restoreId: expression(`${INPUT}.restoreId`), run: RUN },
      }).next(
        underTheLock(this, props, {
          suite,
          workflow: 'undo-restore',
          id: null,
          restoreId: expression(`${INPUT}.restoreId`),
          body: this.states(props),
        }),
      ),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'undo-restore'),
    });
  }

  private states(props: UndoRestoreProps): sfn.IChainable {
    const { suite, agents, releaseLock } = props;
    const release = releaseTheLock(this, releaseLock, suite.name);
    const plan = agents.planUndo.step(
      this,
      'Find what can be undone',
      { suite: suite.name, restoreId: expression('$restoreId'), purpose: 'undo' },
      { assign: { plan: expression('$states.result.Payload'), stopped: expression('$states.result.Payload.stopped') } },
    );
    const refusedAtOnce = sfn.Pass.jsonata(this, 'It cannot be undone', {
      outputs: {
        outcome: 'Refused',
        name: 'RestoreRefused',
        restoreId: expression('$restoreId'),
        message: expression('$plan.message'),
      },
    });
    refusedAtOnce.next(release);
    const isBack = sfn.Pass.jsonata(this, 'Everything is back already', {
      outputs: {
        outcome: 'Undone',
        restoreId: expression('$restoreId'),
        message: expression("'What restore ' & $restoreId & ' has touched is back already.'"),
      },
    });
    isBack.next(release);
    const putBack = props.putBack.startedBy(this, 'Put everything back', {
      name: expression("$restoreId & '-undo'"),
      input: {
        restoreId: expression('$restoreId'),
        run: expression('$run'),
        what: 'undone',
        discard: expression(`${DISCARD} ? 'true' : 'false'`),
      },
      outputs: {
        outcome: 'Undone',
        restoreId: expression('$restoreId'),
        message: expression('$states.result.Output.message'),
      },
    });
    putBack.next(release);
    const refused = sfn.Pass.jsonata(this, 'Leave the restore as it is', {
      outputs: expression("$merge([$refusal, { 'restoreId': $restoreId }])"),
    });
    refused.next(release);
    // Once more when nobody writes any more: what was written while they were told to stop would be lost otherwise.
    const start = new StartWriters(this, 'StartWriters', props, refused);
    const again = this.judge(props, 'Is it still all?', 'once more', putBack, start.first);
    const stop = new StopWriters(this, 'StopWriters', props, again).first;
    const count = this.judge(props, 'May it be undone?', 'since', stop, refused);
    const outcome = (name: string) => sfn.Condition.jsonata(expression(`$plan.outcome = '${name}'`));
    const isThere = sfn.Choice.jsonata(this, 'Is there anything to undo?')
      .when(outcome('Refused'), refusedAtOnce)
      .when(outcome('Done'), isBack)
      .otherwise(count);
    return plan.next(isThere);
  }

  /** Counts what was written since the restore, and goes one way when it may be lost, the other when not. */
  private judge(
    props: UndoRestoreProps,
    question: string,
    when: string,
    yes: sfn.IChainable,
    no: sfn.IChainable,
  ): sfn.IChainable {
    const count = eachItem(this, `Count what was written ${when}`, '$plan.items[counts]', this.count(props, when));
    const judge = props.agents.judgeUndo.step(
      this,
      `Judge what was written ${when}`,
      { discardNewWrites: expression(DISCARD), counted: expression('$states.input') },
      { assign: { refusal: expression('$states.result.Payload') } },
    );
    return count.next(judge).next(fork(this, question, "$states.input.outcome = 'Go'", yes, no));
  }

  private count(props: UndoRestoreProps, when: string): sfn.IChainable {
    const begin = sfn.Pass.jsonata(this, `Remember the item to count ${when}`, { assign: { item: expression('$states.input') } });
    const counted = (rows: string, tables: string, files: string) => ({
      label: expression('$item.label'),
      rows: expression(rows),
      tables: expression(tables),
      files: expression(files),
    });
    const result = '$states.result.Output.result';
    const writes = onHost(this, props, `Count the rows written ${when}`, {
      document: 'count-writes',
      from: '$item.parameters',
      outputs: counted(`${result}.rows`, `[${result}.tables]`, '0'),
    });
    const files = onHost(this, props, `Count the files written ${when}`, {
      document: 'inspect-tree',
      from: '$item.parameters',
      outputs: counted('0', '[]', `${result}.newer`),
    });
    return begin.next(fork(this, `Are they rows ${when}?`, "$item.kind in ['database', 'tables']", writes, files));
  }
}
