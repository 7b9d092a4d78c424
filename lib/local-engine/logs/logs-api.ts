import { arn, type Place } from '../assembly/place.ts';
import { refuseUnknownParameters, unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import { ServiceError } from '../service-error.ts';
import type { LogFiles, LogLine } from './log-files.ts';

type Parameters = Record<string, unknown>;

/** AWS's limit of events in one answer. */
const mostEvents = 10_000;

const knownParameters: Record<string, string[]> = {
  DescribeLogGroups: ['logGroupNamePrefix'],
  DescribeLogStreams: ['logGroupName', 'logStreamNamePrefix', 'orderBy', 'descending', 'limit'],
  GetLogEvents: ['logGroupName', 'logStreamName', 'startTime', 'endTime', 'limit', 'nextToken', 'startFromHead'],
  FilterLogEvents: [
    'logGroupName',
    'logStreamNames',
    'logStreamNamePrefix',
    'startTime',
    'endTime',
    'filterPattern',
    'nextToken',
    'limit',
    'interleaved',
  ],
};

/** The reading half of the CloudWatch Logs API. Times are in milliseconds, as on AWS. */
export function logsApi(logs: LogFiles, place: Place): Call {
  const actions: Record<string, (parameters: Parameters) => unknown> = {
    DescribeLogGroups: ({ logGroupNamePrefix = '' }) => ({
      logGroups: logs
        .groups()
        .filter((name) => name.startsWith(String(logGroupNamePrefix)))
        .map((name) => ({ logGroupName: name, arn: arn(place, 'logs', `log-group:${name}:*`) })),
    }),
    DescribeLogStreams: ({ logGroupName, logStreamNamePrefix = '', orderBy, descending, limit }) => {
      const group = String(logGroupName);
      const names = streamsOf(logs, group).filter((name) => name.startsWith(String(logStreamNamePrefix)));
      const streams = names.map((name) => describedStream(logs, group, name));
      if (orderBy === 'LastEventTime') streams.sort((one, other) => one.lastEventTimestamp - other.lastEventTimestamp);
      if (descending === true) streams.reverse();
      return { logStreams: streams.slice(0, Number(limit ?? streams.length)) };
    },
    GetLogEvents: (parameters) => getLogEvents(logs, parameters),
    FilterLogEvents: (parameters) => filterLogEvents(logs, parameters),
  };
  return async (action, parameters) => {
    const perform = actions[action];
    if (perform === undefined) throw unknownAction('CloudWatch Logs', action);
    refuseUnknownParameters(action, parameters, knownParameters[action] ?? []);
    return perform(parameters);
  };
}

function describedStream(logs: LogFiles, group: string, name: string) {
  const lines = logs.read(group, name);
  return { logStreamName: name, firstEventTimestamp: lines[0]?.at ?? 0, lastEventTimestamp: lines.at(-1)?.at ?? 0 };
}

/** Tokens are positions: `f/5` stands before the sixth line and reads on, `b/5` reads what comes before it. */
function getLogEvents(logs: LogFiles, parameters: Parameters): unknown {
  const { logGroupName, logStreamName, nextToken, startFromHead, limit } = parameters;
  const group = String(logGroupName);
  const stream = String(logStreamName);
  if (!streamsOf(logs, group).includes(stream)) throw notFound('log stream');
  const lines = within(logs.read(group, stream), parameters);
  const size = Math.min(Number(limit ?? mostEvents), mostEvents);
  const [, direction, position] = /^([fb])\/(\d+)$/.exec(String(nextToken ?? '')) ?? [];
  if (nextToken !== undefined && direction === undefined)
    throw new ServiceError('InvalidParameterException', 'The token is invalid');
  const backward = direction === undefined ? startFromHead !== true : direction === 'b';
  const at = position === undefined ? (backward ? lines.length : 0) : Math.min(Number(position), lines.length);
  const from = backward ? Math.max(0, at - size) : at;
  const to = backward ? at : Math.min(lines.length, at + size);
  return {
    events: lines.slice(from, to).map(({ at: timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
    nextForwardToken: `f/${to}`,
    nextBackwardToken: `b/${from}`,
  };
}

function filterLogEvents(logs: LogFiles, parameters: Parameters): unknown {
  const { logGroupName, logStreamNames, logStreamNamePrefix = '', startTime, filterPattern, nextToken, limit } = parameters;
  const group = String(logGroupName);
  const matches = lineFilter(filterPattern);
  const wanted = logStreamNames as string[] | undefined;
  const streams = streamsOf(logs, group, Number(startTime ?? 0)).filter(
    (name) => (wanted === undefined || wanted.includes(name)) && name.startsWith(String(logStreamNamePrefix)),
  );
  const found = streams
    .flatMap((logStreamName) =>
      within(logs.read(group, logStreamName), parameters).map(({ at, message }, index) => ({
        logStreamName,
        timestamp: at,
        ingestionTime: at,
        message,
        eventId: `${logStreamName}-${index}`,
      })),
    )
    .filter(({ message }) => matches(message))
    .sort((one, other) => one.timestamp - other.timestamp);
  const from = Number(nextToken ?? 0);
  const to = from + Math.min(Number(limit ?? mostEvents), mostEvents);
  return { events: found.slice(from, to), searchedLogStreams: [], ...(to < found.length ? { nextToken: String(to) } : {}) };
}

/** Plain words (all must occur) and "quoted phrases"; the languages that begin with `{`, `[`, `%`, `?` and `-` are refused. */
function lineFilter(pattern: unknown): (message: string) => boolean {
  const text = String(pattern ?? '').trim();
  if (/^[{[%]/.test(text) || /(^|\s)[?-]/.test(text)) {
    throw new ServiceError('InvalidParameterException', `The engine does not know the filter pattern ${text}`);
  }
  const terms = [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, phrase, word]) => phrase ?? word ?? '');
  return (message) => terms.every((term) => message.includes(term));
}

function streamsOf(logs: LogFiles, group: string, since?: number): string[] {
  const streams = logs.streams(group, since);
  if (streams === undefined) throw notFound('log group');
  return streams;
}

function within(lines: LogLine[], { startTime, endTime }: Parameters): LogLine[] {
  return lines.filter(({ at }) => at >= Number(startTime ?? 0) && at <= Number(endTime ?? Number.POSITIVE_INFINITY));
}

function notFound(what: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `The specified ${what} does not exist.`);
}
