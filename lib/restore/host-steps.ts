import { Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { SuiteConfig } from '../config/suite-config.ts';
import type { Agent } from '../platform/agent.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { parametersOf, type RestoreDocument, type RestoreDocuments } from './restore-documents.ts';

export interface RestoreAgents {
  readonly chooseItems: Agent;
  readonly finishPlan: Agent;
  readonly planContainers: Agent;
  readonly checkPlan: Agent;
  readonly thawPoint: Agent;
  readonly recordStep: Agent;
  readonly recordRestore: Agent;
  readonly planUndo: Agent;
  readonly judgeUndo: Agent;
  readonly compareDatabase: Agent;
  readonly compareTree: Agent;
  readonly planAssess: Agent;
  readonly judgeAssess: Agent;
  /** Gives the host a way to one artifact for fifteen minutes. */
  readonly presign: Agent;
}

/** What every machine of a restore is made from. */
export interface RestoreParts {
  readonly suite: SuiteConfig;
  readonly hostCommand: HostCommand;
  readonly agents: RestoreAgents;
  readonly documents: RestoreDocuments;
  /** Of the key that what opens a stored object is encrypted for on its way to the host. */
  readonly keyDocuments: { readonly makeKey: HostDocumentHandle; readonly removeKey: HostDocumentHandle };
}

/**
 * Variables that every machine sets before its first step: `$restoreId`; `$sealing`, when a step of it stores something; `$run`, the name of the execution whose commands these are,
 * so that whoever cleans up after it finds them.
 */
export const RUN = expression('$states.context.Execution.Name');

export interface HostStep {
  readonly document: RestoreDocument;
  /** JSONata of an object that holds the document's parameters, and may hold more. */
  readonly from: string;
  /** JSONata that is put behind the restore's id in the child's name; default: item and document. */
  readonly name?: string;
  readonly assign?: Record<string, unknown>;
  readonly outputs?: unknown;
}

export function onHost(
  scope: Construct,
  { hostCommand, documents }: RestoreParts,
  stateName: string,
  step: HostStep,
): tasks.StepFunctionsStartExecution {
  const name = step.name ?? `$item.item & '-${step.document}'`;
  return hostCommand.step(scope, stateName, {
    document: documents[step.document],
    parameters: expression(parametersOf(step.document, step.from)),
    name: expression(`$restoreId & '-' & ${name}`),
    comment: expression(`$run & ' ' & ${name}`),
    ...(step.assign ? { assign: step.assign } : {}),
    ...(step.outputs === undefined ? {} : { outputs: step.outputs }),
  });
}

/** Where the plan says that the point is read, once there is a choice. */
export const fromOfPlan = ({ vault }: SuiteConfig) => (vault.replica ? { from: expression('$plan.from') } : {});

/** Where whoever started the machine says it; as JSONata. */
export const fromOfInput = ({ vault }: SuiteConfig) => {
  const from = '$states.context.Execution.Input.from';
  return vault.replica ? { from: expression(`$exists(${from}) ? ${from} : 'vault'`) } : {};
};

/** A line in the journal; what came in goes on. */
export function note(
  scope: Construct,
  { suite, agents }: RestoreParts,
  stateName: string,
  entry: { item: string | null; phase: string; result?: unknown },
  assign?: Record<string, unknown>,
): tasks.LambdaInvoke {
  const payload = { suite: suite.name, restoreId: expression('$restoreId'), result: null, ...entry };
  return agents.recordStep.step(scope, stateName, payload, {
    outputs: expression('$states.input'),
    ...(assign ? { assign } : {}),
  });
}

/** Assigns `$way`, and `$stored` with sha256 and bytes that the host must find. Needs `$key`. */
export function presign(scope: Construct, { suite, agents }: RestoreParts, stateName: string, role: string): tasks.LambdaInvoke {
  const payload = {
    suite: suite.name,
    id: expression('$point'),
    ...fromOfPlan(suite),
    label: expression('$item.label'),
    role,
    key: expression('$key'),
  };
  return agents.presign.step(scope, stateName, payload, {
    assign: { way: expression('$states.result.Payload.way'), stored: expression('$states.result.Payload') },
    outputs: {},
  });
}

/**
 * Lets the host make a key when something encrypted comes to it (`condition`), or goes from it; `$key` holds what presign needs, null without
 * one. With `otherwise` the machine goes on when it cannot be made, and finds in `$keyFailure` why. Needs `$sealing`.
 */
export function makeKey(
  scope: Construct,
  { suite, hostCommand, keyDocuments }: RestoreParts,
  options: { condition: string; owner: string; next: sfn.IChainable; otherwise?: sfn.IChainable },
): sfn.Choice {
  const own = `{ 'suite': '${suite.name}', 'account': '${Stack.of(scope).account}', 'owner': ${options.owner} }`;
  const make = hostCommand.step(scope, 'Make a key for what is encrypted', {
    document: keyDocuments.makeKey,
    parameters: expression(`$merge([$sealing, ${own}])`),
    name: expression("$restoreId & '-make-key'"),
    comment: expression("$run & ' make-key'"),
    assign: { key: expression('$states.result.Output.result') },
    outputs: expression('$states.input'),
  });
  if (options.otherwise) make.addCatch(options.otherwise, { errors: ['States.ALL'], assign: { keyFailure: FAILURE } });
  make.next(options.next);
  const condition = `(${options.condition}) or $sealing.encryption != 'none'`;
  return fork(scope, 'Is anything of it encrypted?', condition, make, options.next);
}

/** Takes the key away again, if there is one; what came in goes on. Where it cannot be, the next run removes it. */
export function removeKey(scope: Construct, { hostCommand, keyDocuments }: RestoreParts, then: sfn.IChainable): sfn.Choice {
  const remove = hostCommand.step(scope, 'Remove the key', {
    document: keyDocuments.removeKey,
    parameters: { runKey: expression('$key.key') },
    name: expression("$restoreId & '-remove-key'"),
    comment: expression("$run & ' remove-key'"),
    outputs: expression('$states.input'),
  });
  remove.addCatch(then, { errors: ['States.ALL'], outputs: expression('$states.input') });
  remove.next(then);
  return fork(scope, 'Was a key made?', "$type($key) = 'object'", remove, then);
}

/** A Choice that goes one of two ways by a JSONata condition. */
export function fork(
  scope: Construct,
  stateName: string,
  condition: string,
  yes: sfn.IChainable,
  no: sfn.IChainable,
): sfn.Choice {
  return sfn.Choice.jsonata(scope, stateName)
    .when(sfn.Condition.jsonata(expression(condition)), yes)
    .otherwise(no);
}

/** Items one at a time: they share one disk, and what fails must not have left others half way. */
export function eachItem(scope: Construct, stateName: string, items: string, body: sfn.IChainable, outputs?: unknown): sfn.Map {
  const map = sfn.Map.jsonata(scope, stateName, {
    // In brackets: of one item JSONata would make no list.
    items: sfn.ProvideItems.jsonata(expression(`[${items}]`)),
    maxConcurrency: 1,
    ...(outputs === undefined ? {} : { outputs }),
  });
  map.itemProcessor(body);
  return map;
}
