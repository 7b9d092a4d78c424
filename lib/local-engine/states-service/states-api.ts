import type { Place } from '../assembly/place.ts';
import { refuseUnknownParameters, unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import { ServiceError } from '../service-error.ts';
import type { ExecutionDetail, ExecutionSummary, HistoryEvent } from './execution-store.ts';
import type { Executions } from './executions.ts';
import { executionArnOf, machineArnOf } from './status-event.ts';

type Parameters = Record<string, unknown>;

const knownParameters: Record<string, string[]> = {
  StartExecution: ['stateMachineArn', 'input', 'name'],
  StopExecution: ['executionArn', 'error', 'cause'],
  DescribeExecution: ['executionArn'],
  ListExecutions: ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'],
  GetExecutionHistory: ['executionArn', 'maxResults', 'nextToken', 'reverseOrder', 'includeExecutionData'],
  DescribeStateMachine: ['stateMachineArn'],
  ListStateMachines: ['maxResults', 'nextToken'],
};

/** The Step Functions API. Times in results are Dates: SDK clients get them as seconds, state machines as ISO texts. */
export function statesApi(executions: Executions, place: Place): Call {
  const actions: Record<string, (parameters: Parameters) => unknown> = {
    StartExecution: ({ stateMachineArn, input, name }) => {
      const summary = executions.start(text(stateMachineArn, 'stateMachineArn'), optional(input), optional(name));
      return { executionArn: executionArnOf(place, summary), startDate: new Date(summary.startDate) };
    },
    StopExecution: async ({ executionArn, error, cause }) => {
      const { stopDate } = await executions.stop(text(executionArn, 'executionArn'), optional(error), optional(cause));
      return { stopDate: new Date(stopDate ?? Date.now()) };
    },
    DescribeExecution: ({ executionArn }) =>
      describeExecution(executions.store.detail(executions.find(text(executionArn, 'executionArn'))), place),
    ListExecutions: ({ stateMachineArn, statusFilter, maxResults, nextToken }) => {
      const { name } = executions.machine(text(stateMachineArn, 'stateMachineArn'));
      const all = executions.store.list(name).filter(({ status }) => statusFilter === undefined || status === statusFilter);
      const page = pageOf(all, maxResults, nextToken);
      return { executions: page.items.map((summary) => listedExecution(summary, place)), nextToken: page.nextToken };
    },
    GetExecutionHistory: ({ executionArn, maxResults, nextToken, reverseOrder, includeExecutionData }) => {
      const events = executions.store.history(executions.find(text(executionArn, 'executionArn')));
      const page = pageOf(reverseOrder === true ? events.reverse() : events, maxResults, nextToken);
      const shown = includeExecutionData === false ? page.items.map(withoutData) : page.items;
      return { events: shown.map((event) => ({ ...event, timestamp: new Date(event.timestamp) })), nextToken: page.nextToken };
    },
    DescribeStateMachine: ({ stateMachineArn }) => {
      const { name, arn, definition, roleArn } = executions.machine(text(stateMachineArn, 'stateMachineArn'));
      return { stateMachineArn: arn, name, definition, roleArn, type: 'STANDARD', status: 'ACTIVE', creationDate: new Date(0) };
    },
    ListStateMachines: () => ({
      stateMachines: executions
        .machines()
        .map(({ name, arn }) => ({ stateMachineArn: arn, name, type: 'STANDARD', creationDate: new Date(0) })),
    }),
  };
  return async (action, parameters) => {
    const perform = actions[action];
    if (perform === undefined) throw unknownAction('Step Functions', action);
    refuseUnknownParameters(action, parameters, knownParameters[action] ?? []);
    return perform(parameters);
  };
}

/** An execution as DescribeExecution gives it. */
export function describeExecution(detail: ExecutionDetail, place: Place): Record<string, unknown> {
  return {
    ...listedExecution(detail, place),
    input: detail.input,
    inputDetails: { included: true },
    ...(detail.output === undefined ? {} : { output: detail.output, outputDetails: { included: true } }),
    ...(detail.error === undefined ? {} : { error: detail.error, cause: detail.cause }),
  };
}

/** An execution as ListExecutions gives it. */
export function listedExecution(summary: ExecutionSummary, place: Place): Record<string, unknown> {
  return {
    executionArn: executionArnOf(place, summary),
    stateMachineArn: machineArnOf(place, summary.machine),
    name: summary.name,
    status: summary.status,
    startDate: new Date(summary.startDate),
    ...(summary.stopDate === undefined ? {} : { stopDate: new Date(summary.stopDate) }),
    redriveCount: 0,
  };
}

/** One page of a list: at most `maxResults` (100 unless stated, 1,000 at most), beginning where the last page's token points to. */
function pageOf<T>(all: T[], maxResults: unknown, nextToken: unknown): { items: T[]; nextToken?: string } {
  const size = Math.min(Number(maxResults ?? 100) || 100, 1000);
  const from = nextToken === undefined ? 0 : Number(Buffer.from(String(nextToken), 'base64').toString());
  if (!Number.isInteger(from) || from < 0) throw new ServiceError('InvalidToken', `Invalid Token: '${String(nextToken)}'`);
  const items = all.slice(from, from + size);
  return from + size < all.length ? { items, nextToken: Buffer.from(String(from + size)).toString('base64') } : { items };
}

function withoutData(event: HistoryEvent): HistoryEvent {
  const cleared = Object.entries(event).map(([name, value]) => {
    if (typeof value !== 'object' || value === null) return [name, value];
    return [
      name,
      Object.fromEntries(Object.entries(value).filter(([member]) => !['input', 'output', 'parameters'].includes(member))),
    ];
  });
  return Object.fromEntries(cleared) as HistoryEvent;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new ServiceError('ValidationException', `${name} is missing`);
  return value;
}

function optional(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
