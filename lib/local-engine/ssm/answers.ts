import { type Command, isTerminal } from './command-store.ts';

/** A command as SendCommand and ListCommands give it. */
export function commandAnswer(command: Command): unknown {
  const ended = isTerminal(command.status);
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment,
    ExpiresAfter: new Date(command.requestedAt + command.deliverySeconds * 1000),
    Parameters: command.parameters,
    InstanceIds: [command.instanceId],
    Targets: [],
    RequestedDateTime: new Date(command.requestedAt),
    Status: command.status,
    StatusDetails: command.statusDetails,
    TargetCount: 1,
    CompletedCount: ended ? 1 : 0,
    ErrorCount: command.status === 'Failed' || command.status === 'TimedOut' ? 1 : 0,
    DeliveryTimedOutCount: command.statusDetails === 'DeliveryTimedOut' ? 1 : 0,
    TimeoutSeconds: command.deliverySeconds,
    CloudWatchOutputConfig: outputConfig(command),
  };
}

/** A command on its instance as ListCommandInvocations gives it. */
export function invocationListItem(command: Command, details: boolean): unknown {
  const { ResponseCode, StandardOutputContent } = invocationAnswer(command);
  const plugin = {
    Name: 'aws:runShellScript',
    Status: command.status,
    StatusDetails: command.statusDetails,
    ResponseCode,
    ...(command.startedAt === null ? {} : { ResponseStartDateTime: new Date(command.startedAt) }),
    ...(command.finishedAt === null ? {} : { ResponseFinishDateTime: new Date(command.finishedAt) }),
    Output: StandardOutputContent.slice(0, 2500),
  };
  return {
    CommandId: command.id,
    InstanceId: command.instanceId,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: new Date(command.requestedAt),
    Status: command.status,
    StatusDetails: command.statusDetails,
    CommandPlugins: details ? [plugin] : [],
    CloudWatchOutputConfig: outputConfig(command),
  };
}

/** A command as GetCommandInvocation gives it: its times are strings, and its output is empty until it has ended. */
export function invocationAnswer(command: Command) {
  const ended = isTerminal(command.status);
  const time = (at: number | null) => (at === null ? '' : new Date(at).toISOString());
  const { startedAt, finishedAt } = command;
  return {
    CommandId: command.id,
    InstanceId: command.instanceId,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    PluginName: 'aws:runShellScript',
    ResponseCode: ended ? command.responseCode : -1,
    ExecutionStartDateTime: time(startedAt),
    ExecutionElapsedTime: startedAt === null || finishedAt === null ? '' : `PT${(finishedAt - startedAt) / 1000}S`,
    ExecutionEndDateTime: time(finishedAt),
    Status: command.status,
    StatusDetails: command.statusDetails,
    StandardOutputContent: ended ? command.stdout : '',
    StandardOutputUrl: '',
    StandardErrorContent: ended ? command.stderr : '',
    StandardErrorUrl: '',
    CloudWatchOutputConfig: outputConfig(command),
  };
}

function outputConfig({ log }: Command) {
  return { CloudWatchLogGroupName: log.group, CloudWatchOutputEnabled: log.enabled };
}
