import { Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { fromWhere, type ProveProps, placeOf } from './prove-workflow.ts';
import { RestoreDatabases } from './restore-databases.ts';

export interface HostStep {
  readonly document: HostDocumentHandle;
  /** JSONata of an object with the document's parameters. */
  readonly parameters: string;
  readonly name: string;
  readonly assign?: Record<string, unknown>;
  readonly outputs?: unknown;
}

/** A host step of a proof, named after it. */
export function onHost(
  scope: Construct,
  props: ProveProps,
  stateName: string,
  step: HostStep,
): tasks.StepFunctionsStartExecution {
  return props.hostCommand.step(scope, stateName, {
    document: step.document,
    parameters: expression(step.parameters),
    name: expression(`$plan.proofId & '-${step.name}'`),
    comment: expression(`$run & ' ${step.name}'`),
    ...(step.assign ? { assign: step.assign } : {}),
    ...(step.outputs === undefined ? {} : { outputs: step.outputs }),
  });
}

/** Values of `record-check` that most checks leave empty. */
export const EMPTY_CHECK = { expected: null, actual: null, message: '', failure: null, restoreSeconds: null, server: null };

/** Server by server: a scratch of the same image, its roles, its databases; the scratch is removed whatever happened in it. */
export class RestoreServers extends Construct {
  readonly states: sfn.IChainable;

  constructor(scope: Construct, id: string, props: ProveProps) {
    super(scope, id);
    const { suite, agents, documents } = props;
    const begin = sfn.Pass.jsonata(this, 'Remember which server it is', {
      assign: { server: expression('$states.input'), access: null, scratch: null, key: null },
    });
    const start = onHost(this, props, 'Start a scratch server', {
      document: documents.startScratch,
      parameters: '$server.start',
      name: 'start-scratch',
      assign: {
        scratch: expression('$states.result.Output.result'),
        access: expression('$states.result.Output.result.accessKey'),
      },
    });
    const makeKey = onHost(this, props, 'Make a key for what is encrypted', {
      document: documents.makeKey,
      parameters: `$merge([$sealing, { 'suite': '${suite.name}', 'account': '${Stack.of(this).account}', 'owner': $plan.proofId }])`,
      name: 'make-key',
      assign: { key: expression('$states.result.Output.result') },
    });
    const remove = onHost(this, props, 'Remove the scratch server', {
      document: documents.removeScratch,
      parameters: `{ 'suite': '${suite.name}', 'account': '${Stack.of(this).account}' }`,
      name: 'remove-scratch',
    });
    const removeAccess = agents.removeAccess.step(this, 'Remove the access to the scratch', { accessKey: expression('$access') });
    const removed = sfn.Pass.jsonata(this, 'The scratch is gone');
    const wasThereAccess = sfn.Choice.jsonata(this, 'Was there an access to it?')
      .when(sfn.Condition.jsonata(expression("$type($access) = 'string'")), removeAccess.next(removed))
      .otherwise(removed);

    const notStarted = sfn.Map.jsonata(this, 'Note that nothing could be restored', {
      items: sfn.ProvideItems.jsonata(
        expression('$append($server.databases.label, $server.globals = null ? [] : [$server.globals])'),
      ),
      outputs: {},
    });
    notStarted.itemProcessor(
      agents.recordCheck.step(this, 'Note the server that did not start', {
        suite: suite.name,
        ...placeOf(suite),
        label: expression('$states.input'),
        kind: 'restore',
        name: 'scratch server',
        ...EMPTY_CHECK,
        failure: expression('$failure'),
      }),
    );
    for (const step of [makeKey, start]) step.addCatch(notStarted, { errors: ['States.ALL'], assign: { failure: FAILURE } });
    notStarted.next(remove);

    const databases = new RestoreDatabases(this, 'Databases', props).states;
    // A server whose roles were not captured cannot be: the plan takes them along with its first database.
    start.next(this.roles(props, databases));
    databases.addCatch(remove, { errors: ['States.ALL'] });
    databases.next(remove);
    // What stays is removed by the next run; the proof must be written whatever becomes of its scratch.
    remove.addCatch(wasThereAccess, { errors: ['States.ALL'] });
    remove.next(wasThereAccess);

    const map = sfn.Map.jsonata(this, 'Restore every server', {
      items: sfn.ProvideItems.jsonata(expression('$plan.servers')),
      maxConcurrency: 1,
      outputs: {},
    });
    makeKey.next(start);
    const isSealed = sfn.Choice.jsonata(this, 'Is what it held encrypted?')
      .when(sfn.Condition.jsonata(expression('$server.sealed')), makeKey)
      .otherwise(start);
    map.itemProcessor(begin.next(isSealed));
    this.states = map;
  }

  private roles(props: ProveProps, then: sfn.Map): sfn.IChainable {
    const { suite, agents, documents } = props;
    const label = expression('$server.globals');
    const url = agents.presign.step(
      this,
      'Give the host a way to the roles',
      { suite: suite.name, id: expression('$id'), ...fromWhere(suite), label, role: 'globals', key: expression('$key') },
      { assign: { way: expression('$states.result.Payload.way') }, outputs: {} },
    );
    const restore = onHost(this, props, 'Restore the roles', {
      document: documents.restoreRoles,
      parameters:
        "$merge([$server.scratch, $sealing, $way, { 'bucket': $plan.store.bucket, 'prefix': $plan.store.prefix, 'chunkBytes': $plan.store.chunkBytes, 'source': $server.globals }])",
      name: 'roles',
    });
    const compare = agents.compareRoles.step(this, 'Compare the roles', {
      suite: suite.name,
      ...placeOf(suite),
      label,
      restoredKey: expression('$states.input.artifacts[0].key'),
    });
    const note = agents.recordCheck.step(this, 'Note that the roles failed', {
      suite: suite.name,
      ...placeOf(suite),
      label,
      kind: 'restore',
      name: 'roles',
      ...EMPTY_CHECK,
      failure: expression('$failure'),
    });
    for (const step of [url, restore, compare]) step.addCatch(note, { errors: ['States.ALL'], assign: { failure: FAILURE } });
    note.addCatch(then, { errors: ['States.ALL'] });
    note.next(then);
    url.next(restore).next(compare).next(then);
    return sfn.Choice.jsonata(this, 'Were its roles captured?')
      .when(sfn.Condition.jsonata(expression('$server.globals != null')), url)
      .otherwise(then);
  }
}
