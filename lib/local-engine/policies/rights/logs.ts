import { arn, type Place } from '../../assembly/place.ts';
import type { Right, RightsTable } from '../right.ts';

/** CloudWatch Logs. What is about a group alone names its streams without saying which, as AWS's own messages do. */
export function logsRights(place: Place): RightsTable {
  const of =
    (action: string) =>
    (parameters: Record<string, unknown>): Right[] => [
      right(place, action, String(parameters.logGroupName ?? ''), String(parameters.logStreamName ?? '')),
    ];
  return {
    DescribeLogGroups: of('DescribeLogGroups'),
    DescribeLogStreams: of('DescribeLogStreams'),
    GetLogEvents: of('GetLogEvents'),
    FilterLogEvents: ({ logGroupName }) => [right(place, 'FilterLogEvents', String(logGroupName ?? ''))],
  };
}

/** What a role needs to write into a stream. `isNew`: the group is not there yet. */
export function writingRights(place: Place, group: string, stream: string, isNew: boolean): Right[] {
  return [
    ...(isNew ? [right(place, 'CreateLogGroup', group)] : []),
    right(place, 'CreateLogStream', group, stream),
    right(place, 'PutLogEvents', group, stream),
  ];
}

/** The agent on a host also looks for group and stream before it writes. */
export function agentsWritingRights(place: Place, group: string, stream: string, isNew: boolean): Right[] {
  return [
    right(place, 'DescribeLogGroups', ''),
    right(place, 'DescribeLogStreams', group),
    ...writingRights(place, group, stream, isNew),
  ];
}

function right(place: Place, action: string, group: string, stream = ''): Right {
  return { action: `logs:${action}`, resource: arn(place, 'logs', `log-group:${group}:log-stream:${stream}`) };
}
