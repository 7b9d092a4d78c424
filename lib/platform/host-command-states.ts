import { Duration, Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { ERRORS, type ErrorEntry, isErrorName } from '../../functions/contract/errors.ts';
import type { Agent } from './agent.ts';
import { documentName } from './host-document.ts';
import { expression, FAILURE } from './jsonata.ts';

export interface HostCommandStatesProps {
  readonly suite: string;
  readonly instanceId: string;
  /** Group that the SSM agent writes stdout and stderr to. */
  readonly logGroup: string;
  readonly readResult: Agent;
}

/** Older agents paste a parameter into the script instead of handing it over as an environment variable. */
const OLDEST_AGENT = '3.3.2746.0';
/** How long SSM may take to hand the command to the host's agent. */
const DELIVERY_SECONDS = 120;
/** SSM itself ends a command at its executionTimeout; only if it does not, we do, this much later. */
const GRACE_SECONDS = 120;
const LONGEST_PAUSE_SECONDS = 60;
/** A pause is this part of what the command has taken so far: its end is seen that much too late at most. */
const PAUSE_SHARE = 0.1;
/** Further attempts after the first, each with a name of its own, for errors that the table says can heal by themselves. */
const RETRIES = 2;
const RETRY_PAUSE_SECONDS = 5;

const INPUT = '$states.context.Execution.Input';
/** Milliseconds, by the clock of Step Functions. */
const NOW = '$toMillis($states.context.State.EnteredTime)';
const HEALING = Object.entries<ErrorEntry>(ERRORS)
  .filter(([, entry]) => entry.retry)
  .map(([name]) => name);
const KNOWN = Object.keys(ERRORS).filter(isErrorName);
const SDK_ERRORS = ['Ssm.InternalServerErrorException', 'Ssm.SdkClientException', 'Ssm.SsmException'];

/** A version's parts as one number that can be compared: each part below 100,000, four of them stay below 2^53. */
const versionNumber = (version: string) =>
  `($v := $split(${version}, '.'); $parts := $map([0..3], function($n) { $exists($v[$n]) ? $number($v[$n]) : 0 }); ` +
  '$reduce($parts, function($a, $b) { $a * 100000 + $b }))';

/**
 * What a Catch hands on as `$failure`: names that are not in the error table (States.*, Lambda.*, Ssm.*) become `otherwise`, with
 * the original name in front of the message.
 */
const failureOr = (otherwise: string) =>
  expression(
    `($f := ${FAILURE.slice(2, -2)}; $f.name in ${JSON.stringify(KNOWN)} ? $f : ` +
      `{ 'name': '${otherwise}', 'message': $f.name & ': ' & $f.message })`,
  );

/**
 * Ask whether the host can take a command, send it, look at it with growing pauses, judge it.
 *
 * History budget: a look costs 9 events (5 of the Task, 2 of the Choice, 2 of the Wait). With pauses that grow from 1 to 60 s a command of
 * 24 hours costs about 13,500 of the 25,000 events an execution may have.
 */
export function hostCommandStates(scope: Construct, props: HostCommandStatesProps): sfn.IChainable {
  const fail = sfn.Fail.jsonata(scope, 'The command did not succeed', {
    error: expression('$failure.name'),
    cause: expression('$failure.message'),
  });
  const ask = askAboutTheHost(scope, props);
  const send = sendTheCommand(scope, props);
  const look = lookAtTheCommand(scope, props);
  const cancel = cancelTheCommand(scope, props);
  const read = props.readResult.step(
    scope,
    'Read what the command said',
    { document: expression(`${INPUT}.document`), invocation: expression('$states.input') },
    { outputs: expression("{ 'result': $states.result.Payload, 'commandId': $commandId }") },
  );
  const pause = sfn.Wait.jsonata(scope, 'Pause before the next look', { time: sfn.WaitTime.seconds(expression('$pause')) });
  const pauseBeforeRetry = sfn.Wait.jsonata(scope, 'Pause before the next attempt', {
    time: sfn.WaitTime.seconds(expression('$pause')),
  });

  const judge = sfn.Choice.jsonata(scope, 'Can another attempt heal this?')
    .when(
      sfn.Condition.jsonata(expression(`$failure.name in ${JSON.stringify(HEALING)} and $retries < ${RETRIES}`)),
      pauseBeforeRetry,
      {
        assign: { retries: expression('$retries + 1'), pause: expression(`${RETRY_PAUSE_SECONDS} * ($retries + 1)`) },
      },
    )
    .otherwise(fail);
  const whatToDo = sfn.Choice.jsonata(scope, 'Has the command ended?')
    .when(sfn.Condition.jsonata(expression('$states.input.ended')), read)
    .when(sfn.Condition.jsonata(expression('$states.input.undelivered')), cancel, {
      assign: {
        failure: {
          name: 'CommandUndeliverable',
          message: `The host's agent did not start the command within ${DELIVERY_SECONDS} seconds.`,
        },
      },
    })
    .when(sfn.Condition.jsonata(expression('$states.input.overdue')), cancel, {
      assign: { failure: { name: 'CommandTimedOut', message: 'The command outlived its time and was cancelled.' } },
    })
    .otherwise(pause);
  const canItTakeOne = sfn.Choice.jsonata(scope, 'Can the host take a command?')
    .when(sfn.Condition.jsonata(expression("$failure.name = 'None'")), send)
    .otherwise(judge);

  const assignFailure = (otherwise: string) => ({ errors: ['States.ALL'], assign: { failure: failureOr(otherwise) } });
  ask.addCatch(judge, assignFailure('Unexpected'));
  send.addCatch(judge, assignFailure('CommandUndeliverable'));
  look.addCatch(cancel, assignFailure('Unexpected'));
  read.addCatch(judge, assignFailure('Unexpected'));
  cancel.addCatch(judge, { errors: ['States.ALL'] });

  ask.next(canItTakeOne);
  send.next(look);
  look.next(whatToDo);
  pause.next(look);
  pauseBeforeRetry.next(ask);
  cancel.next(judge);
  return sfn.Pass.jsonata(scope, 'Begin with the first attempt', { assign: { retries: 0, pause: 0, commandId: '' } }).next(ask);
}

function askAboutTheHost(scope: Construct, props: HostCommandStatesProps): tasks.CallAwsService {
  const { instanceId } = props;
  const found = '$i := $states.result.InstanceInformationList[0]';
  const state = tasks.CallAwsService.jsonata(scope, 'Ask whether the host is online', {
    service: 'ssm',
    action: 'describeInstanceInformation',
    iamAction: 'ssm:DescribeInstanceInformation',
    // SSM knows no resource for this action.
    iamResources: ['*'],
    parameters: { Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] },
    assign: {
      failure: expression(
        `(${found}; $not($exists($i)) ? { 'name': 'HostUnreachable', 'message': 'Systems Manager does not know ${instanceId}.' }` +
          ` : $i.PingStatus != 'Online' ? { 'name': 'HostUnreachable', 'message': 'The agent of ${instanceId} is ' & $i.PingStatus & '.' }` +
          ` : ${versionNumber('$i.AgentVersion')} < ${versionNumber(`'${OLDEST_AGENT}'`)}` +
          ` ? { 'name': 'AgentTooOld', 'message': 'The agent of ${instanceId} is ' & $i.AgentVersion & ', older than ${OLDEST_AGENT}.' }` +
          " : { 'name': 'None', 'message': '' })",
      ),
    },
    outputs: {},
  });
  state.addRetry({ errors: SDK_ERRORS, interval: Duration.seconds(1), backoffRate: 2, maxAttempts: 3 });
  return state;
}

function sendTheCommand(scope: Construct, props: HostCommandStatesProps): tasks.CallAwsService {
  const stack = Stack.of(scope);
  // Every attempt writes keys of its own: a second one must not meet the first one's object, which S3 would not let it replace.
  const parameters =
    `$merge([${INPUT}.parameters.$each(function($value, $name) { { $name: [$value] } }), ` +
    `{ 'attempt': [$substring($replace($uuid(), '-', ''), 0, 8)], 'executionTimeout': [$string(${INPUT}.timeoutSeconds)] }])`;
  return tasks.CallAwsService.jsonata(scope, 'Send the command', {
    service: 'ssm',
    action: 'sendCommand',
    iamAction: 'ssm:SendCommand',
    iamResources: [
      stack.formatArn({ service: 'ssm', resource: 'document', resourceName: documentName(props.suite, '*') }),
      stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: props.instanceId }),
    ],
    parameters: {
      DocumentName: expression(`'${documentName(props.suite, '')}' & ${INPUT}.document`),
      InstanceIds: [props.instanceId],
      Comment: expression(`$substring(${INPUT}.comment, 0, 100)`),
      TimeoutSeconds: DELIVERY_SECONDS,
      Parameters: expression(parameters),
      CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: props.logGroup },
    },
    assign: { commandId: expression('$states.result.Command.CommandId'), sentAt: expression(NOW), pause: 0 },
    outputs: {},
  });
}

function lookAtTheCommand(scope: Construct, props: HostCommandStatesProps): tasks.CallAwsService {
  const result = '$states.result';
  const ended = `${result}.Status in ['Success', 'Failed', 'TimedOut', 'Cancelled']`;
  const started = `($exists(${result}.ExecutionStartDateTime) and ${result}.ExecutionStartDateTime != '')`;
  const elapsed = `(${NOW} - $sentAt) / 1000`;
  const field = (name: string) => expression(`$exists(${result}.${name}) ? ${result}.${name} : ''`);
  const state = tasks.CallAwsService.jsonata(scope, 'Look at the command', {
    service: 'ssm',
    action: 'getCommandInvocation',
    iamAction: 'ssm:GetCommandInvocation',
    iamResources: ['*'],
    parameters: { CommandId: expression('$commandId'), InstanceId: props.instanceId },
    assign: { pause: expression(`$max([1, $min([${LONGEST_PAUSE_SECONDS}, $floor(${elapsed} * ${PAUSE_SHARE})])])`) },
    outputs: {
      ended: expression(ended),
      undelivered: expression(
        `(${result}.Status in ['Pending', 'Delayed'] or $not(${started})) and ${elapsed} > ${DELIVERY_SECONDS}`,
      ),
      overdue: expression(`${elapsed} > ${INPUT}.timeoutSeconds + ${DELIVERY_SECONDS + GRACE_SECONDS}`),
      status: expression(`${result}.Status`),
      statusDetails: field('StatusDetails'),
      responseCode: expression(`$exists(${result}.ResponseCode) ? ${result}.ResponseCode : -1`),
      stdout: field('StandardOutputContent'),
      stderr: field('StandardErrorContent'),
    },
  });
  // The invocation appears a moment after SendCommand has answered.
  state.addRetry({
    errors: ['Ssm.InvocationDoesNotExistException'],
    interval: Duration.seconds(2),
    backoffRate: 1,
    maxAttempts: 5,
  });
  state.addRetry({ errors: SDK_ERRORS, interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 5 });
  return state;
}

function cancelTheCommand(scope: Construct, props: HostCommandStatesProps): tasks.CallAwsService {
  return tasks.CallAwsService.jsonata(scope, 'Cancel the command', {
    service: 'ssm',
    action: 'cancelCommand',
    iamAction: 'ssm:CancelCommand',
    iamResources: ['*'],
    parameters: { CommandId: expression('$commandId'), InstanceIds: [props.instanceId] },
    outputs: {},
  });
}
