import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../../lib/local-engine/states/history.ts';
import { machineOf, play } from './scripted-run.ts';

const SSM = 'arn:aws:states:::aws-sdk:ssm:sendCommand';
const shape = (events: HistoryEvent[]) => events.map(({ id, previousEventId, type }) => `${id} < ${previousEventId} ${type}`);
const only = (events: HistoryEvent[], type: string) => events.filter((event) => event.type === type);

describe('the history of an execution', () => {
  it('has the ids, the chain and the details that AWS records for a task that is caught', async () => {
    const { events, clock } = await play({
      machine: machineOf('Task', {
        Task: {
          Type: 'Task',
          Resource: SSM,
          TimeoutSeconds: 90,
          Arguments: { foo: 'foobar' },
          Catch: [{ ErrorEquals: ['States.ALL'], Assign: { e: '{% $states.errorOutput.Error %}', n: 1 }, Next: 'Fallback' }],
          End: true,
        },
        Fallback: { Type: 'Pass', End: true },
      }),
      input: { inputData: 'dummy' },
      tasks: { Task: [{ after: 3, fail: ['Ssm.InvalidInstanceIdException', 'gone'] }] },
    });
    const errorOutput = JSON.stringify({ Error: 'Ssm.InvalidInstanceIdException', Cause: 'gone' });
    const of = { resourceType: 'aws-sdk:ssm', resource: 'sendCommand' };
    const later = new Date(clock.start + 3000);
    const begin = new Date(clock.start);
    expect(events).toEqual([
      {
        id: 1,
        previousEventId: 0,
        timestamp: begin,
        type: 'ExecutionStarted',
        executionStartedEventDetails: { input: '{"inputData":"dummy"}', roleArn: 'arn:aws:iam::123456789012:role/Foreign' },
      },
      {
        id: 2,
        previousEventId: 0,
        timestamp: begin,
        type: 'TaskStateEntered',
        stateEnteredEventDetails: { name: 'Task', input: '{"inputData":"dummy"}' },
      },
      {
        id: 3,
        previousEventId: 2,
        timestamp: begin,
        type: 'TaskScheduled',
        taskScheduledEventDetails: { ...of, region: 'eu-west-1', parameters: '{"foo":"foobar"}', timeoutInSeconds: 90 },
      },
      { id: 4, previousEventId: 3, timestamp: begin, type: 'TaskStarted', taskStartedEventDetails: of },
      {
        id: 5,
        previousEventId: 4,
        timestamp: later,
        type: 'TaskFailed',
        taskFailedEventDetails: { ...of, error: 'Ssm.InvalidInstanceIdException', cause: 'gone' },
      },
      {
        id: 6,
        previousEventId: 5,
        timestamp: later,
        type: 'TaskStateExited',
        stateExitedEventDetails: {
          name: 'Task',
          output: errorOutput,
          assignedVariables: { e: '"Ssm.InvalidInstanceIdException"', n: '1' },
        },
      },
      {
        id: 7,
        previousEventId: 6,
        timestamp: later,
        type: 'PassStateEntered',
        stateEnteredEventDetails: { name: 'Fallback', input: errorOutput },
      },
      {
        id: 8,
        previousEventId: 7,
        timestamp: later,
        type: 'PassStateExited',
        stateExitedEventDetails: { name: 'Fallback', output: errorOutput },
      },
      {
        id: 9,
        previousEventId: 8,
        timestamp: later,
        type: 'ExecutionSucceeded',
        executionSucceededEventDetails: { output: errorOutput },
      },
    ]);
  });

  it.each([
    ['arn:aws:states:::lambda:invoke', 'lambda', 'invoke'],
    ['arn:aws:states:::states:startExecution.sync:2', 'states', 'startExecution.sync:2'],
    ['arn:aws:states:::aws-sdk:s3:headObject', 'aws-sdk:s3', 'headObject'],
    ['arn:aws:lambda:eu-west-1:1:function:f', 'lambda', 'arn:aws:lambda:eu-west-1:1:function:f'],
  ])('names the integration of %s as AWS does', async (Resource, resourceType, resource) => {
    const machine = machineOf('T', { T: { Type: 'Task', Resource, End: true } });
    const { events } = await play({ machine, tasks: { T: [{ give: 1 }] } });
    expect(only(events, 'TaskSucceeded')[0]!.taskSucceededEventDetails).toEqual({ resourceType, resource, output: '1' });
  });

  it('chains every attempt of a task to the failure before it', async () => {
    const { events } = await play({
      machine: machineOf('T', {
        T: { Type: 'Task', Resource: SSM, TimeoutSeconds: 5, Retry: [{ ErrorEquals: ['States.ALL'] }], End: true },
      }),
      tasks: { T: [{ fail: ['A', ''] }, { never: true }, { give: 1 }] },
    });
    expect(shape(events).slice(2, 11)).toEqual([
      '3 < 2 TaskScheduled',
      '4 < 3 TaskStarted',
      '5 < 4 TaskFailed',
      '6 < 5 TaskScheduled',
      '7 < 6 TaskStarted',
      '8 < 7 TaskTimedOut',
      '9 < 8 TaskScheduled',
      '10 < 9 TaskStarted',
      '11 < 10 TaskSucceeded',
    ]);
    expect(events[7]!.taskTimedOutEventDetails).toEqual({
      resourceType: 'aws-sdk:ssm',
      resource: 'sendCommand',
      error: 'States.Timeout',
    });
  });

  it('shows a Map with all that may start at once started first, and its end chained to the iteration that ended last', async () => {
    const { events } = await play({
      machine: machineOf('M', {
        M: {
          Type: 'Map',
          Items: [30, 10],
          ItemProcessor: { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: '{% $states.input %}', End: true } } },
          End: true,
        },
      }),
    });
    expect(shape(events)).toEqual([
      '1 < 0 ExecutionStarted',
      '2 < 0 MapStateEntered',
      '3 < 2 MapStateStarted',
      '4 < 3 MapIterationStarted',
      '5 < 3 MapIterationStarted',
      '6 < 4 WaitStateEntered',
      '7 < 5 WaitStateEntered',
      '8 < 7 WaitStateExited',
      '9 < 8 MapIterationSucceeded',
      '10 < 6 WaitStateExited',
      '11 < 10 MapIterationSucceeded',
      '12 < 11 MapStateSucceeded',
      '13 < 12 MapStateExited',
      '14 < 13 ExecutionSucceeded',
    ]);
    expect(events[2]!.mapStateStartedEventDetails).toEqual({ length: 2 });
    expect(events[4]!.mapIterationStartedEventDetails).toEqual({ name: 'M', index: 1 });
    expect(events[8]!.mapIterationSucceededEventDetails).toEqual({ name: 'M', index: 1 });
  });

  it('shows which iteration failed and which states of its siblings were stopped', async () => {
    const { events, outcome } = await play({
      machine: machineOf('M', {
        M: {
          Type: 'Map',
          Items: [0, 1, 2],
          MaxConcurrency: 2,
          ItemProcessor: { StartAt: 'T', States: { T: { Type: 'Task', Resource: SSM, End: true } } },
          End: true,
        },
      }),
      tasks: {
        T: [
          { after: 9, give: 1 },
          { after: 1, fail: ['Broken', 'in two'] },
        ],
      },
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'Broken', cause: 'in two' });
    expect(shape(events).slice(11)).toEqual([
      '12 < 11 TaskFailed',
      '13 < 12 MapIterationFailed',
      '14 < 8 TaskStateAborted',
      '15 < 14 MapIterationAborted',
      '16 < 13 MapStateFailed',
      '17 < 16 ExecutionFailed',
    ]);
    expect(only(events, 'MapIterationStarted')).toHaveLength(2);
    expect(events[12]!.mapIterationFailedEventDetails).toEqual({ name: 'M', index: 1 });
    expect(events[14]!.mapIterationAbortedEventDetails).toEqual({ name: 'M', index: 0 });
    expect(events[16]!.executionFailedEventDetails).toEqual({ error: 'Broken', cause: 'in two' });
  });

  it('stops what is nested in a sibling, from the inside out', async () => {
    const wait = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 99, End: true } } };
    const { events } = await play({
      machine: machineOf('P', {
        P: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'M', States: { M: { Type: 'Map', Items: [1], ItemProcessor: wait, End: true } } },
            { StartAt: 'Soon', States: { Soon: { Type: 'Wait', Seconds: 1, Next: 'F' }, F: { Type: 'Fail' } } },
          ],
          End: true,
        },
      }),
    });
    expect(events.map(({ type }) => type).slice(-6)).toEqual([
      'FailStateEntered',
      'WaitStateAborted',
      'MapIterationAborted',
      'MapStateAborted',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
    expect(events.at(-1)!.executionFailedEventDetails).toEqual({});
  });

  it('tells of an expression that failed, where and why', async () => {
    const { events, outcome } = await play({
      machine: machineOf('P', { P: { Type: 'Pass', Assign: { x: { y: '{% $nope %}' } }, End: true } }),
    });
    const cause =
      "An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$nope' specified for " +
      "the field 'Assign/x/y' returned nothing (undefined).";
    expect(shape(events).slice(2)).toEqual(['3 < 2 EvaluationFailed', '4 < 3 ExecutionFailed']);
    expect(events[2]!.evaluationFailedEventDetails).toEqual({
      error: 'States.QueryEvaluationError',
      cause,
      location: 'Assign/x/y',
      state: 'P',
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError', cause });
  });

  it('ends at 25,000 events, of which the last says why, and nothing can catch it', async () => {
    const { events, outcome } = await play({
      machine: machineOf('Wrap', {
        Wrap: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Round',
              States: {
                Round: { Type: 'Pass', Next: 'Again?' },
                'Again?': { Type: 'Choice', Choices: [{ Condition: false, Next: 'Done' }], Default: 'Round' },
                Done: { Type: 'Succeed' },
              },
            },
            { StartAt: 'Sleep', States: { Sleep: { Type: 'Wait', Seconds: 99_999_999, End: true } } },
          ],
          Retry: [{ ErrorEquals: ['States.ALL'] }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rescue' }],
          End: true,
        },
        Rescue: { Type: 'Pass', End: true },
      }),
    });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: expect.stringContaining('25000') });
    expect(events).toHaveLength(25_000);
    expect(events.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
    expect(only(events, 'ExecutionFailed')).toHaveLength(1);
  });
});
