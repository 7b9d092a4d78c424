import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Agent } from './agent.ts';
import type { HostCommand } from './host-command.ts';
import type { HostDocumentHandle } from './host-document.ts';
import { expression, FAILURE } from './jsonata.ts';
import { Workflow } from './workflow.ts';

export interface CleanUpProps {
  readonly suite: string;
  readonly instanceId: string;
  readonly findRun: Agent;
  readonly recordFailure: Agent;
  readonly releaseLock: Agent;
  readonly hostCommand: HostCommand;
  /** Removes what the run has set up on the host. */
  readonly removeScratch: HostDocumentHandle;
  /** A state that marks what the run with `$id` has stored and nobody will use. */
  readonly markLeftovers: (scope: Construct, stateName: string, id: string) => sfn.TaskStateBase;
  /** Puts back what a restore has touched; gets `{ restoreId, run, what }`, answers one sentence as `message`. */
  readonly putBack: Workflow;
  /** States that tell people; what they get may be JSONata. */
  readonly tell: (
    scope: Construct,
    what: { workflow: string; executionArn: string; id: string; name: string; message: string; sources: string },
  ) => sfn.Chain;
}

/** What a run may end as without having cleaned up itself: catches miss aborts, time-outs and States.Runtime. */
const ENDS = { FAILED: 'Unexpected', TIMED_OUT: 'WorkflowTimedOut', ABORTED: 'Aborted' };
/** What the event says of a run that failed; how one was aborted or timed out says its status. */
const FAILURE_OF_EVENT =
  `($e := $states.input.event; $failed := $states.input.status = 'FAILED'; ` +
  `{ 'name': $failed and $type($e.error) = 'string' and $contains($e.error, /^[A-Za-z]+$/) ? $e.error : $lookup(${JSON.stringify(ENDS)}, $states.input.status), ` +
  `'message': $failed and $type($e.cause) = 'string' and $e.cause != '' ? $e.cause : 'The execution ended as ' & $states.input.status & '.' })`;
const ENDED_COMMANDS = "['Success', 'Failed', 'TimedOut', 'Cancelled']";
/** A cancelled script has ten seconds to undo what it did; then the agent kills it. */
const LOOKS = 30;
/** Another clean-up may be putting back a large database: five hours of asking, at nine events a question. */
const LONGEST_WAIT_SECONDS = 20;
const MOST_QUESTIONS = 900;

/**
 * What must be done after a run that went wrong, whoever notices: its own failure path, the rule outside, or the next run. Every step can be
 * done twice, and the alert is raised once.
 */
export class CleanUp extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: CleanUpProps) {
    super(scope, id);
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite,
      name: 'clean-up',
      comment: 'Ends what a failed run left on the host, records the failure, tells the operators, releases the lock',
      timeoutSeconds: 6 * 3600,
      body: this.states(props),
    });
  }

  /** Starts the clean-up from outside when an execution of `workflow` ends badly. */
  watch(workflow: Workflow, name: string): void {
    const field = events.EventField.fromPath;
    new events.Rule(this, `WhenFailed${name}`, {
      description: `Cleans up after an execution of ${workflow.name} that failed, was aborted or timed out`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [workflow.machine.stateMachineArn], status: Object.keys(ENDS) },
      },
      targets: [
        new targets.SfnStateMachine(this.workflow.machine, {
          input: events.RuleTargetInput.fromObject({
            workflow: name,
            executionArn: field('$.detail.executionArn'),
            startedAt: field('$.detail.startDate'),
            status: field('$.detail.status'),
            // Whole: what is not in an event leaves a hole in a template.
            event: field('$.detail'),
          }),
          retryAttempts: 10,
        }),
      ],
    });
  }

  private states({ suite, ...props }: CleanUpProps): sfn.IChainable {
    // The rule gives milliseconds and a status, the other callers ISO time and the failure itself.
    const begin = sfn.Pass.jsonata(this, 'Understand which run it is', {
      assign: {
        workflow: expression('$states.input.workflow'),
        executionArn: expression('$states.input.executionArn'),
        run: expression("$split($states.input.executionArn, ':')[-1]"),
        startedAt: expression(
          "$type($states.input.startedAt) = 'number' ? $fromMillis($states.input.startedAt) : " +
            '$match($states.input.startedAt, /^[0-9]+$/) ? $fromMillis($number($states.input.startedAt)) : $states.input.startedAt',
        ),
        failure: expression(`$exists($states.input.failure) ? $states.input.failure : ${FAILURE_OF_EVENT}`),
        outside: expression('$exists($states.input.status)'),
        state: '',
        holdsLock: false,
        toldByParent: false,
        asked: 0,
      },
    });
    const find = props.findRun.step(
      this,
      'Find what is left to do',
      {
        suite,
        executionArn: expression('$executionArn'),
        startedAt: expression('$startedAt'),
        workflow: expression('$workflow'),
        cleaner: expression('$states.context.Execution.Id'),
      },
      {
        assign: {
          asked: expression('$asked + 1'),
          state: expression('$states.result.Payload.state'),
          holdsLock: expression('$states.result.Payload.holdsLock'),
          toldByParent: expression('$states.result.Payload.toldByParent = true'),
          restoreId: expression("$type($states.result.Payload.restoreId) = 'string' ? $states.result.Payload.restoreId : ''"),
        },
      },
    );
    const record = props.recordFailure.step(this, 'Record the failure', {
      suite,
      workflow: expression('$workflow'),
      executionArn: expression('$executionArn'),
      startedAt: expression('$startedAt'),
      failure: expression("$merge([$failure, { 'message': $failure.message & $state }])"),
    });
    const remove = props.hostCommand.step(this, 'Remove the scratch that the run left', {
      document: props.removeScratch,
      parameters: { suite, account: Stack.of(this).account },
      name: expression(`'clean-up-' & $run`),
      comment: expression(`'clean-up of ' & $run`),
    });
    const release = props.releaseLock.step(this, 'Release the lock of the run', {
      suite,
      executionArn: expression('$executionArn'),
    });
    const tell = props.tell(this, {
      workflow: expression('$states.input.workflow'),
      executionArn: expression('$executionArn'),
      id: expression('$states.input.id'),
      name: expression('$states.input.name'),
      message: expression('$states.input.message'),
      sources: expression('$states.input.sources'),
    });
    const done = sfn.Succeed.jsonata(this, 'Nothing is left');
    const list = this.findCommands();
    const end = this.endCommands(props.instanceId);

    // A host that cannot be reached must not keep the failure from being told, nor the lock from being released.
    const putBack = this.putBack(props, record);
    list.addCatch(putBack, { errors: ['States.ALL'] });
    end.addCatch(putBack, { errors: ['States.ALL'] });
    remove.addCatch(putBack, { errors: ['States.ALL'] });
    list.next(end).next(remove).next(putBack);
    const mark = props.markLeftovers(this, 'Mark what the run has stored', expression('$states.input.id'));
    mark.addCatch(release, { errors: ['States.ALL'] });
    mark.next(release);
    // Only while it holds the lock: nobody else is storing anything then.
    const hasItStored = sfn.Choice.jsonata(this, 'Has it stored something?')
      .when(sfn.Condition.jsonata(expression("$holdsLock and $states.input.workflow = 'backup'")), mark)
      .otherwise(release);
    const isItNews = sfn.Choice.jsonata(this, 'Has nobody told it yet?')
      .when(sfn.Condition.jsonata(expression('$states.input.first and $not($toldByParent)')), tell)
      .otherwise(hasItStored);
    record.next(isItNews);
    const unrecorded = this.unrecorded(tell);
    const caught = { errors: ['States.ALL'], assign: { unrecorded: FAILURE } };
    find.addCatch(unrecorded, caught);
    record.addCatch(unrecorded, caught);
    tell.next(hasItStored);
    release.next(done);
    const wait = sfn.Wait.jsonata(this, 'Wait for the clean-up that puts things back', {
      time: sfn.WaitTime.seconds(expression(`$min([$asked, ${LONGEST_WAIT_SECONDS}])`)),
    });
    wait.next(find);
    const whatIsLeft = sfn.Choice.jsonata(this, 'Does the run still hold the lock?')
      .when(sfn.Condition.jsonata(expression(`$states.input.busy = true and $asked < ${MOST_QUESTIONS}`)), wait)
      .when(sfn.Condition.jsonata(expression('$states.input.holdsLock and $not($states.input.busy = true)')), list)
      .when(sfn.Condition.jsonata(expression('$states.input.recorded')), done)
      .otherwise(record);
    return begin.next(find).next(whatIsLeft);
  }

  /**
   * Where nothing can be read or written down nobody can know who has told the failure. The rule outside comes after every run that ended badly, and
   * is the one that tells it then.
   */
  private unrecorded(tell: sfn.IChainable): sfn.Choice {
    const bare = sfn.Pass.jsonata(this, 'Tell it without a record', {
      outputs: {
        first: true,
        workflow: expression('$workflow'),
        id: null,
        name: expression('$failure.name'),
        message: expression(
          "$failure.message & ' Nothing could be written down about it, and its lock may stay until the next run: ' & $unrecorded.name & ': ' & $unrecorded.message",
        ),
        sources: [],
      },
    });
    bare.next(tell);
    const leave = sfn.Fail.jsonata(this, 'Leave it to the rule outside', {
      error: expression('$unrecorded.name'),
      cause: expression('$unrecorded.message'),
    });
    return sfn.Choice.jsonata(this, 'Is this the last that can tell it?')
      .when(sfn.Condition.jsonata(expression('$outside')), bare)
      .otherwise(leave);
  }

  /** After the run's own commands have ended, and before anybody else may work on the host. What state things are in is told with the failure. */
  private putBack({ putBack }: Omit<CleanUpProps, 'suite'>, then: sfn.IChainable): sfn.Choice {
    const back = putBack.startedBy(this, 'Put back what the run has touched', {
      name: expression(`'put-back-' & $run`),
      input: { restoreId: expression('$restoreId'), run: expression('$run'), what: 'put-back', discard: 'false' },
      assign: { state: expression("' ' & $states.result.Output.message") },
    });
    const failed = sfn.Pass.jsonata(this, 'It could not be put back', {
      assign: { state: expression("' ' & $backFailure.message & ' (' & $backFailure.name & ')'") },
    });
    back.addCatch(failed, { errors: ['States.ALL'], assign: { backFailure: FAILURE } });
    failed.next(then);
    back.next(then);
    return sfn.Choice.jsonata(this, 'Did it change the suite itself?')
      .when(sfn.Condition.jsonata(expression("$restoreId != ''")), back)
      .otherwise(then);
  }

  /** Stopping an execution does not stop its command: it is found by its comment, which begins with the run's name. */
  private findCommands(): tasks.CallAwsService {
    return tasks.CallAwsService.jsonata(this, 'Find the commands of the run', {
      service: 'ssm',
      action: 'listCommands',
      iamAction: 'ssm:ListCommands',
      iamResources: ['*'],
      parameters: {
        Filters: [{ Key: 'InvokedAfter', Value: expression("$substring($startedAt, 0, 19) & 'Z'") }],
        MaxResults: 50,
      },
      outputs: expression(
        `[$states.result.Commands[$not(Status in ${ENDED_COMMANDS}) and $substringBefore(Comment & ' ', ' ') = $run].CommandId]`,
      ),
    });
  }

  private endCommands(instanceId: string): sfn.Map {
    const cancel = tasks.CallAwsService.jsonata(this, 'Cancel the command', {
      service: 'ssm',
      action: 'cancelCommand',
      iamAction: 'ssm:CancelCommand',
      iamResources: ['*'],
      parameters: { CommandId: expression('$states.input'), InstanceIds: [instanceId] },
      assign: { command: expression('$states.input'), looks: 0 },
      outputs: {},
    });
    const look = tasks.CallAwsService.jsonata(this, 'Look whether it has ended', {
      service: 'ssm',
      action: 'getCommandInvocation',
      iamAction: 'ssm:GetCommandInvocation',
      iamResources: ['*'],
      parameters: { CommandId: expression('$command'), InstanceId: instanceId },
      assign: { looks: expression('$looks + 1') },
      outputs: { ended: expression(`$states.result.Status in ${ENDED_COMMANDS}`) },
    });
    look.addRetry({ errors: ['States.TaskFailed'], interval: Duration.seconds(2), maxAttempts: 3 });
    const pause = sfn.Wait.jsonata(this, 'Give it a second', { time: sfn.WaitTime.duration(Duration.seconds(1)) });
    const ended = sfn.Pass.jsonata(this, 'It has ended');
    const hasItEnded = sfn.Choice.jsonata(this, 'Has it ended?')
      .when(sfn.Condition.jsonata(expression(`$states.input.ended or $looks > ${LOOKS}`)), ended)
      .otherwise(pause);
    pause.next(look);
    const map = sfn.Map.jsonata(this, 'End every command that still runs', {
      items: sfn.ProvideItems.jsonata(expression('$states.input')),
      maxConcurrency: 2,
    });
    map.itemProcessor(cancel.next(look).next(hasItEnded));
    return map;
  }
}

/** `clean-up` as the failure path of a workflow: the machine waits for it, and then fails with its own failure. */
export function cleanUpStep(scope: Construct, cleanUp: Workflow, workflow: string): tasks.StepFunctionsStartExecution {
  return cleanUp.startedBy(scope, 'Clean up', {
    name: expression('$states.context.Execution.Name'),
    input: {
      workflow,
      executionArn: expression('$states.context.Execution.Id'),
      startedAt: expression('$states.context.Execution.StartTime'),
      failure: expression('$failure'),
    },
  });
}
