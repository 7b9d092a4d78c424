import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { expression } from '../platform/jsonata.ts';
import { fork, note, onHost, type RestoreParts } from './host-steps.ts';

/**
 * States that find which writers run, write that down and stop them; `then` follows. Needs `$plan.stopsWriters` and `$plan.writers`;
 * leaves in `$stopped` who must be started again.
 */
export class StopWriters extends Construct {
  readonly first: sfn.IChainable;

  constructor(scope: Construct, id: string, parts: RestoreParts, then: sfn.IChainable) {
    super(scope, id);
    const find = onHost(this, parts, 'Find the writers', {
      document: 'find-writers',
      from: "{ 'restore': $restoreId, 'writers': $plan.writers }",
      name: "'find-writers'",
    });
    const noted = note(
      this,
      parts,
      'Note which writers run',
      { item: null, phase: 'writers', result: expression('[$states.input.writers[running].container]') },
      { stopped: expression('$states.result.Payload.containers') },
    );
    const stop = onHost(this, parts, 'Stop the writers', {
      document: 'stop-writers',
      from: "{ 'restore': $restoreId, 'containers': $stopped }",
      name: "'stop-writers'",
      outputs: {},
    });
    stop.next(then);
    find.next(noted);
    noted.next(fork(this, 'Does any of them run?', "$stopped != ''", stop, then));
    this.first = fork(this, 'Must writers stand still?', '$plan.stopsWriters', find, then);
  }
}

/** States that start what `$stopped` names; `then` follows. */
export class StartWriters extends Construct {
  readonly first: sfn.IChainable;
  readonly start: sfn.TaskStateBase;

  constructor(scope: Construct, id: string, parts: RestoreParts, then: sfn.IChainable) {
    super(scope, id);
    const start = onHost(this, parts, 'Start the writers', {
      document: 'start-writers',
      from: "{ 'restore': $restoreId, 'containers': $stopped }",
      name: "'start-writers'",
      outputs: expression('$states.input'),
    });
    const noted = note(this, parts, 'Note that the writers run', { item: null, phase: 'started' });
    start.next(noted).next(then);
    this.start = start;
    this.first = fork(this, 'Were writers stopped?', "$stopped != ''", start, then);
  }
}
