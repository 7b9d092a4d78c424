import type { Place } from '../assembly/place.ts';
import { refuseUnknownParameters } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import type { Functions } from '../lambda/functions.ts';
import { AccessDenied } from '../policies/access-denied.ts';
import { isPermitted } from '../policies/is-permitted.ts';
import { type Principal, sessionOf } from '../policies/principal.ts';
import type { Permit } from '../policies/right.ts';
import { invocationRight } from '../policies/rights/functions.ts';
import { publishingRights } from '../policies/rights/topics.ts';
import { ServiceError } from '../service-error.ts';
import type { Caller } from '../signature.ts';
import type { Topics } from '../sns/topics.ts';
import { TaskFailure } from '../states/errors.ts';
import type { ExecutionContext, TaskCall } from '../states/visit.ts';
import { deniedTask } from './denied-task.ts';
import type { Executions } from './executions.ts';
import { camelCase, pascalCase } from './letter-case.ts';
import { describeExecution } from './states-api.ts';
import { executionArnOf } from './status-event.ts';

type Arguments = Record<string, unknown>;
/** `by` is a session of the machine's role. */
type Integration = (args: Arguments, by: Principal, signal: AbortSignal) => Promise<unknown>;

/** The services that the tasks of state machines call. */
export interface TaskServices {
  place: Place;
  executions: () => Executions;
  functions: Functions;
  topics: Topics;
  /** These two ask for the caller's rights by themselves. */
  states: Call;
  commands: Call;
  permit: Permit;
}

const commandActions = [
  'sendCommand',
  'getCommandInvocation',
  'cancelCommand',
  'listCommands',
  'listCommandInvocations',
  'describeInstanceInformation',
];
const executionActions = ['describeExecution', 'stopExecution', 'listExecutions'];

/** The names of all task resources that the engine knows. */
export const integrationNames = [
  'lambda:invoke',
  'sns:publish',
  'states:startExecution',
  'states:startExecution.sync:2',
  ...commandActions.map((action) => `aws-sdk:ssm:${action}`),
  ...executionActions.map((action) => `aws-sdk:sfn:${action}`),
];

/** The part of a task's resource that names the work: `arn:aws:states:::lambda:invoke` → `lambda:invoke`. */
export function integrationName(resource: string): string {
  return resource.replace(/^arn:[^:]*:states:::/, '');
}

/** Everything that a Task state can ask for, by the name of its resource. A machine with any other resource is refused. */
export function integrations(services: TaskServices): Record<string, Integration> {
  const { place, functions, topics, permit } = services;
  const start = ({ StateMachineArn, Input, Name, ...unknown }: Arguments, by: Principal) => {
    refuseUnknownParameters('startExecution', unknown, []);
    permit(by, [{ action: 'states:StartExecution', resource: String(StateMachineArn) }]);
    const input = typeof Input === 'string' ? Input : JSON.stringify(Input ?? {});
    return services.executions().start(String(StateMachineArn), input, Name === undefined ? undefined : String(Name));
  };
  const table: Record<string, Integration> = {
    'lambda:invoke': named('Lambda', async ({ FunctionName, Payload, ...unknown }, by) => {
      refuseUnknownParameters('lambda:invoke', unknown, []);
      permit(by, [invocationRight(place, String(FunctionName))]);
      const outcome = await functions.invoke(String(FunctionName), JSON.stringify(Payload ?? {}));
      if ('error' in outcome) throw new TaskFailure(outcome.error.errorType || 'Lambda.Unknown', JSON.stringify(outcome.error));
      return { ExecutedVersion: '$LATEST', Payload: JSON.parse(outcome.result), StatusCode: 200 };
    }),
    'sns:publish': named('SNS', async (args, by) => {
      permit(by, publishingRights(topics, String(args.TopicArn ?? args.TargetArn)));
      return topics.publish({ ...args, Message: textOf(args.Message) });
    }),
    'states:startExecution': named('StepFunctions', async (args, by) => {
      const summary = start(args, by);
      return { ExecutionArn: executionArnOf(place, summary), StartDate: summary.startDate };
    }),
    'states:startExecution.sync:2': named('StepFunctions', async (args, by, signal) => {
      const child = executionArnOf(place, start(args, by));
      return endOfChild(services, child, by, signal);
    }),
  };
  for (const action of commandActions) {
    table[`aws-sdk:ssm:${action}`] = named('Ssm', async (args, by) => {
      const name = action.charAt(0).toUpperCase() + action.slice(1);
      return services.commands(name, args, machineCaller(by));
    });
  }
  for (const action of executionActions) {
    table[`aws-sdk:sfn:${action}`] = named('Sfn', async (args, by) => {
      const name = action.charAt(0).toUpperCase() + action.slice(1);
      const result = await services.states(name, camelCase(args) as Arguments, machineCaller(by));
      return pascalCase(result);
    });
  }
  return table;
}

/** Performs a task of a machine whose resources were checked when it was loaded. */
export function taskPerformer(table: Record<string, Integration>): (call: TaskCall) => Promise<unknown> {
  return async ({ resource, arguments: args, context, signal }) => {
    const { RoleArn, Name } = (context as unknown as ExecutionContext).Execution;
    return table[integrationName(resource)]!((args ?? {}) as Arguments, sessionOf(RoleArn, Name), signal);
  };
}

/** Calls inside the engine carry no signature. */
function machineCaller(principal: Principal): Caller {
  return { principal, accessKeyId: '', service: 'states', region: '', context: {} };
}

/**
 * Waits for a child execution and stops it when the parent is stopped. A child that did not succeed fails the parent's state with
 * `States.TaskFailed`, whatever its own error was; its description is the cause (which AWS cuts after 32,768 characters). Unlike
 * those of `aws-sdk` tasks its times are milliseconds.
 */
async function endOfChild(
  { place, executions, permit }: TaskServices,
  child: string,
  by: Principal,
  signal: AbortSignal,
): Promise<unknown> {
  const stop = (): void => {
    // The parent has ended by now, so a child that it may not stop goes on; the refusal is on record.
    if (isPermitted(permit, by, [{ action: 'states:StopExecution', resource: child }]))
      void executions().stop(child, '', 'The parent execution was stopped.');
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const detail = await executions().ended(child);
  signal.removeEventListener('abort', stop);
  permit(by, [{ action: 'states:DescribeExecution', resource: child }]);
  const description = {
    ...(pascalCase(describeExecution(detail, place)) as object),
    Input: JSON.parse(detail.input),
    ...(detail.output === undefined ? {} : { Output: JSON.parse(detail.output) }),
    StartDate: detail.startDate,
    StopDate: detail.stopDate,
  };
  if (detail.status === 'SUCCEEDED') return description;
  throw new TaskFailure('States.TaskFailed', JSON.stringify(description));
}

/** Turns a service's refusal into the error name that Retry and Catch see: `Ssm.InvalidInstanceIdException`. */
function named(service: string, integration: Integration): Integration {
  return async (args, by, signal) => {
    try {
      return await integration(args, by, signal);
    } catch (error) {
      if (error instanceof AccessDenied) throw deniedTask(service, error.message);
      if (!(error instanceof ServiceError)) throw error;
      const code = error.code.endsWith('Exception') ? error.code : `${error.code}Exception`;
      const cause = `${error.message} (Service: ${service}, Status Code: ${error.status}, Request ID: local)`;
      throw new TaskFailure(`${service}.${code}`, cause);
    }
  };
}

function textOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null ? JSON.stringify(message) : message;
}
