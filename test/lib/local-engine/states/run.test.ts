import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TaskFailure } from '../../../../lib/local-engine/states/errors.ts';
import { parseMachine } from '../../../../lib/local-engine/states/machine.ts';
import { type PerformTask, run } from '../../../../lib/local-engine/states/run.ts';
import { realTimers } from '../../../../lib/local-engine/states/timers.ts';
import { EXECUTION_ARN, machineOf, play } from './scripted-run.ts';

const SSM = 'arn:aws:states:::aws-sdk:ssm:sendCommand';
const context = {
  Execution: {
    Id: EXECUTION_ARN,
    Input: {},
    Name: 'run-1',
    RoleArn: 'arn:aws:iam::1:role/r',
    StartTime: '2030-01-01T00:00:00.000Z',
  },
  StateMachine: { Id: 'arn:aws:states:eu-west-1:1:stateMachine:Real', Name: 'Real' },
};
const inRealTime = (definition: Record<string, unknown>, performTask: PerformTask, signal = new AbortController().signal) =>
  run({ machine: parseMachine(definition, 'Real'), input: {}, context, performTask, record: () => {}, signal });
const one = (state: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  machineOf('S', { S: { End: true, ...state } }, more);

afterEach(() => {
  vi.useRealTimers();
});

describe('a task', () => {
  it('is asked with its resource, its arguments, its name and its context', async () => {
    const { calls, clock } = await play({
      machine: machineOf('M', {
        M: {
          Type: 'Map',
          Items: ['a'],
          ItemProcessor: {
            StartAt: 'T',
            States: { T: { Type: 'Task', Resource: SSM, Arguments: { v: '{% $states.input %}' }, End: true } },
          },
          End: true,
        },
      }),
      input: { x: 1 },
      tasks: { T: [{ give: 1 }] },
    });
    const now = new Date(clock.start).toISOString();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ resource: SSM, arguments: { v: 'a' }, stateName: 'T' });
    expect(calls[0]!.context).toEqual({
      Execution: {
        Id: EXECUTION_ARN,
        Input: { x: 1 },
        Name: 'run-1',
        RoleArn: 'arn:aws:iam::123456789012:role/Foreign',
        StartTime: now,
      },
      StateMachine: { Id: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Foreign', Name: 'Foreign' },
      State: { Name: 'T', EnteredTime: now, RetryCount: 0 },
      Map: { Item: { Index: 0, Value: 'a' } },
    });
  });

  it('gets the input when it has no arguments, and its result is what follows when it has no output', async () => {
    const { calls, outcome } = await play({
      machine: one({ Type: 'Task', Resource: SSM }),
      input: { x: 1 },
      tasks: { S: [{ give: { y: [2] } }] },
    });
    expect(calls[0]!.arguments).toEqual({ x: 1 });
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: { y: [2] } });
  });

  it('that answers nothing has the result null', async () => {
    const { outcome } = await play({ machine: one({ Type: 'Task', Resource: SSM }), tasks: { S: [{ give: undefined }] } });
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: null });
  });

  it('that the engine cannot perform ends the execution, whatever would catch it', async () => {
    const machine = one({
      Type: 'Task',
      Resource: SSM,
      Retry: [{ ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'S' }],
    });
    const outcome = await inRealTime(machine, async () => {
      throw new RangeError('no such handler');
    });
    expect(outcome).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The engine could not perform the task: RangeError: no such handler',
    });
  });

  it('that fails by a name of its own fails the execution by that name', async () => {
    const outcome = await inRealTime(one({ Type: 'Task', Resource: SSM }), async () => {
      throw new TaskFailure('Named', 'why');
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'Named', cause: 'why' });
  });

  it('is told by its signal that its time is up, and is not waited for', async () => {
    const { calls, outcome, clock } = await play({
      machine: one({ Type: 'Task', Resource: SSM, TimeoutSeconds: 8 }),
      tasks: { S: [{ never: true }] },
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'States.Timeout', cause: '' });
    expect(calls[0]!.signal.aborted).toBe(true);
    expect([clock.elapsed, clock.sleeping]).toEqual([8, 0]);
  });

  it('is told by its signal that a sibling failed', async () => {
    const { calls } = await play({
      machine: machineOf('P', {
        P: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'A', States: { A: { Type: 'Task', Resource: SSM, End: true } } },
            { StartAt: 'B', States: { B: { Type: 'Fail', Error: 'No' } } },
          ],
          End: true,
        },
      }),
      tasks: { A: [{ never: true }] },
    });
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it('is not asked any more when a sibling failed while its arguments were evaluated', async () => {
    const { calls, outcome } = await play({
      machine: machineOf('P', {
        P: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'A', States: { A: { Type: 'Task', Resource: SSM, Arguments: '{% $sum([1..200]) %}', End: true } } },
            { StartAt: 'B', States: { B: { Type: 'Fail', Error: 'No' } } },
          ],
          End: true,
        },
      }),
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'No', cause: '' });
    expect(calls).toEqual([]);
  });

  it.each(['{% $states.input.absent %}', "{% 'soon' %}", '{% 0 %}', '{% 1.5 %}', '{% -3 %}'])(
    'refuses the time limit %s',
    async (TimeoutSeconds) => {
      const { outcome, calls } = await play({
        machine: one({ Type: 'Task', Resource: SSM, TimeoutSeconds }),
        tasks: { S: [{ give: 1 }] },
      });
      expect(outcome).toMatchObject({
        status: 'FAILED',
        error: 'States.QueryEvaluationError',
        cause: expect.stringContaining('TimeoutSeconds'),
      });
      expect(calls).toEqual([]);
    },
  );

  it('may be retried because of an output that failed', async () => {
    const { outcome, calls } = await play({
      machine: one({
        Type: 'Task',
        Resource: SSM,
        Output: '{% $states.result.ready %}',
        Retry: [{ ErrorEquals: ['States.QueryEvaluationError'] }],
      }),
      tasks: { S: [{ give: {} }, { give: { ready: 'yes' } }] },
    });
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: 'yes' });
    expect(calls).toHaveLength(2);
  });

  it('passes a cause on only up to 32,768 characters', async () => {
    const { outcome } = await play({
      machine: one({ Type: 'Task', Resource: SSM }),
      tasks: { S: [{ fail: ['Long', 'x'.repeat(40_000)] }] },
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'Long', cause: 'x'.repeat(32_768) });
  });
});

describe('the end of an execution', () => {
  it('by StopExecution comes at once, with its error and cause, without waiting for a task that does not listen', async () => {
    const { outcome, events, calls, clock } = await play({
      machine: one({ Type: 'Task', Resource: SSM, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'S' }] }, { TimeoutSeconds: 900 }),
      tasks: { S: [{ never: true }] },
      stop: { after: 5, error: 'Stopped', cause: 'by hand' },
    });
    expect(outcome).toEqual({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
    expect(events.at(-1)).toMatchObject({
      previousEventId: 0,
      type: 'ExecutionAborted',
      executionAbortedEventDetails: { error: 'Stopped', cause: 'by hand' },
    });
    expect(events.map(({ type }) => type)).not.toContain('TaskStateAborted');
    expect(calls[0]!.signal.aborted).toBe(true);
    expect([clock.elapsed, clock.sleeping]).toEqual([5, 0]);
  });

  it('by StopExecution leaves no trace of what ran inside, and no listener on the signal', async () => {
    const stop = new AbortController();
    const types: string[] = [];
    const outcome = await run({
      machine: parseMachine(
        one({
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: { StartAt: 'T', States: { T: { Type: 'Task', Resource: SSM, End: true } } },
        }),
        'Real',
      ),
      input: {},
      context,
      performTask: async () => {
        stop.abort();
        return new Promise(() => {});
      },
      record: ({ type }) => types.push(type),
      signal: stop.signal,
    });
    expect(outcome).toEqual({ status: 'ABORTED', error: '', cause: '' });
    expect(types.filter((type) => type.endsWith('Aborted'))).toEqual(['ExecutionAborted']);
    const lasting = new AbortController();
    await inRealTime(one({ Type: 'Pass' }), async () => null, lasting.signal);
    expect(getEventListeners(lasting.signal, 'abort')).toEqual([]);
  });

  it('comes before the first state when the signal has already aborted', async () => {
    const performTask = vi.fn<PerformTask>();
    const outcome = await inRealTime(one({ Type: 'Task', Resource: SSM }), performTask, AbortSignal.abort());
    expect(outcome).toEqual({ status: 'ABORTED', error: '', cause: '' });
    expect(performTask).not.toHaveBeenCalled();
  });

  it('stops a wait between two attempts', async () => {
    const { outcome, clock } = await play({
      machine: one({ Type: 'Task', Resource: SSM, Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1000 }] }),
      tasks: { S: [{ fail: ['Flaky', ''] }] },
      stop: { after: 7 },
    });
    expect(outcome).toEqual({ status: 'ABORTED', error: '', cause: '' });
    expect([clock.elapsed, clock.sleeping]).toEqual([7, 0]);
  });

  it('by the machine is TIMED_OUT, and its event is chained to nothing', async () => {
    const { outcome, events, clock } = await play({ machine: one({ Type: 'Wait', Seconds: 4000 }, { TimeoutSeconds: 30 }) });
    expect(outcome).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout', cause: '' });
    expect(events.slice(2)).toMatchObject([
      { id: 3, previousEventId: 0, type: 'ExecutionTimedOut', executionTimedOutEventDetails: { error: 'States.Timeout' } },
    ]);
    expect([clock.elapsed, clock.sleeping]).toEqual([30, 0]);
  });

  it('leaves no timer of the machine behind when it comes in time', async () => {
    const { clock } = await play({ machine: one({ Type: 'Pass' }, { TimeoutSeconds: 30 }) });
    expect(clock.sleeping).toBe(0);
  });

  it('reaches a machine that does nothing but turn in a circle', async () => {
    const circle = machineOf('A', {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: false, Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    });
    const outcome = await inRealTime(circle, async () => null, AbortSignal.timeout(20));
    expect(outcome.status).toBe('ABORTED');
  });

  it('by a failing Fail state without fields has neither error nor cause', async () => {
    expect((await play({ machine: machineOf('F', { F: { Type: 'Fail' } }) })).outcome).toEqual({
      status: 'FAILED',
      error: '',
      cause: '',
    });
  });
});

describe('a wait', () => {
  it('by the real clock ends', async () => {
    const soon = new Date(Date.now() + 30).toISOString();
    const outcome = await inRealTime(one({ Type: 'Wait', Timestamp: soon, Output: 'awake' }), async () => null);
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: 'awake' });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
  });

  it('by the real clock can be longer than the 24.8 days of a Node timer', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    let awake = false;
    const sleep = realTimers.sleep(99_999_999_000, stop.signal).then(
      () => {
        awake = true;
      },
      () => {},
    );
    await vi.advanceTimersByTimeAsync(99_999_998_999);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleep;
    expect(awake).toBe(true);
    const again = realTimers.sleep(99_999_999_000, stop.signal).catch(() => 'woken');
    stop.abort();
    expect(await again).toBe('woken');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['{% -1 %}', '{% 100000000 %}', '{% 0.5 %}', "{% '10' %}", '{% null %}'])('refuses the seconds %s', async (Seconds) => {
    const { outcome } = await play({ machine: one({ Type: 'Wait', Seconds }) });
    expect(outcome).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining("'Seconds'"),
    });
  });

  it.each(["{% '2030-01-01' %}", "{% 'tomorrow' %}", "{% '2030-13-01T00:00:00Z' %}", '{% 1893456000 %}'])(
    'refuses the timestamp %s',
    async (Timestamp) => {
      const { outcome } = await play({ machine: one({ Type: 'Wait', Timestamp }) });
      expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    },
  );
});

describe('a choice', () => {
  it('gives a rule that matches none of the Output and Assign of the state, which belong to the Default', async () => {
    const machine = machineOf('C', {
      C: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.rule %}', Next: 'E' }],
        Output: 'by default',
        Assign: { x: 1 },
        Default: 'E',
      },
      E: { Type: 'Pass', Output: { got: '{% $states.input %}', assigned: '{% $exists($x) %}' }, End: true },
    });
    expect((await play({ machine, input: { rule: true } })).outcome).toMatchObject({
      output: { got: { rule: true }, assigned: false },
    });
    expect((await play({ machine, input: { rule: false } })).outcome).toMatchObject({
      output: { got: 'by default', assigned: true },
    });
  });

  it.each(["{% 'true' %}", '{% 1 %}', '{% null %}'])(
    'refuses a condition that is neither true nor false: %s',
    async (Condition) => {
      const machine = machineOf('C', {
        C: { Type: 'Choice', Choices: [{ Condition, Next: 'E' }], Default: 'E' },
        E: { Type: 'Succeed' },
      });
      expect((await play({ machine })).outcome).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    },
  );
});

describe('a Fail state', () => {
  it('refuses an error that is no text', async () => {
    const machine = machineOf('F', { F: { Type: 'Fail', Error: '{% 404 %}' } });
    expect((await play({ machine })).outcome).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});

describe('a Map', () => {
  const each = (more: Record<string, unknown>) =>
    machineOf('M', {
      M: {
        Type: 'Map',
        ItemProcessor: { StartAt: 'T', States: { T: { Type: 'Task', Resource: SSM, End: true } } },
        End: true,
        ...more,
      },
    });

  it.each([
    [{ MaxConcurrency: 3 }, 3],
    [{ MaxConcurrency: '{% $states.input.few %}' }, 2],
    [{ MaxConcurrency: 0 }, 40],
    [{}, 40],
  ])('with %j runs at most %i iterations at a time', async (more, most) => {
    let running = 0;
    let seen = 0;
    const outcome = await run({
      machine: parseMachine(each({ Items: Array.from({ length: 60 }, (_, index) => index), ...more }), 'Wide'),
      input: { few: 2 },
      context,
      performTask: async (call) => {
        seen = Math.max(seen, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return call.arguments;
      },
      record: () => {},
      signal: new AbortController().signal,
    });
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: Array.from({ length: 60 }, (_, index) => index) });
    expect(seen).toBe(most);
  });

  it('walks through the input itself when it has no Items', async () => {
    const { outcome } = await play({ machine: each({}), input: [7, 8], tasks: { T: [{ echo: true }, { echo: true }] } });
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: [7, 8] });
    expect((await play({ machine: each({}), input: {} })).outcome).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
    });
  });

  it.each(['{% 1 %}', '{% {"a": 1} %}', '{% null %}'])('refuses the items %s', async (Items) => {
    expect((await play({ machine: each({ Items }) })).outcome).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
    });
  });
});

describe('the data of a state', () => {
  // A JSON string has two quotation marks, and ü takes two bytes.
  const fitting = 'ü'.repeat(131_071);

  it('may have 262,144 bytes and not one more', async () => {
    expect((await play({ machine: one({ Type: 'Pass', Output: fitting }) })).outcome.status).toBe('SUCCEEDED');
    expect((await play({ machine: one({ Type: 'Pass', Output: `${fitting}x` }) })).outcome).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
      cause: expect.stringContaining('262145 bytes'),
    });
  });

  it.each([
    ['arguments of a task', one({ Type: 'Task', Resource: SSM, Arguments: `${fitting}x` })],
    [
      'arguments of branches',
      one({
        Type: 'Parallel',
        Arguments: `${fitting}x`,
        Branches: [{ StartAt: 'B', States: { B: { Type: 'Succeed', Output: 1 } } }],
      }),
    ],
    [
      'an item',
      one({
        Type: 'Map',
        Items: [`${fitting}x`],
        ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Succeed', Output: 1 } } },
      }),
    ],
    [
      'the results of iterations together',
      one({
        Type: 'Map',
        Items: [1, 2],
        ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Succeed', Output: fitting } } },
        Output: 1,
      }),
    ],
    ['variables', one({ Type: 'Pass', Assign: { a: fitting, b: 'x' } })],
  ])('is limited for %s too', async (_what, machine) => {
    expect((await play({ machine })).outcome).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('the context object', () => {
  it('is what every expression can read', async () => {
    const { outcome } = await play({
      machine: machineOf('W', {
        W: { Type: 'Wait', Seconds: 60, Next: 'P' },
        P: { Type: 'Pass', Output: '{% $states.context %}', End: true },
      }),
      input: { x: 1 },
    });
    expect(outcome).toMatchObject({
      output: {
        Execution: { Id: EXECUTION_ARN, Input: { x: 1 }, Name: 'run-1', StartTime: '2030-01-01T00:00:00.000Z' },
        StateMachine: { Name: 'Foreign' },
        State: { Name: 'P', EnteredTime: '2030-01-01T00:01:00.000Z', RetryCount: 0 },
      },
    });
  });

  it('has the item of the innermost Map only', async () => {
    const innermost = {
      StartAt: 'I',
      States: { I: { Type: 'Pass', Output: '{% $states.context.Map.Item.Value %}', End: true } },
    };
    const { outcome } = await play({
      machine: machineOf('O', {
        O: {
          Type: 'Map',
          Items: [1],
          ItemProcessor: {
            StartAt: 'N',
            States: {
              N: { Type: 'Map', Items: [2], ItemProcessor: innermost, Next: 'After' },
              After: { Type: 'Pass', Output: ['{% $states.input %}', '{% $states.context.Map.Item.Value %}'], End: true },
            },
          },
          Next: 'Out',
        },
        Out: { Type: 'Pass', Output: { got: '{% $states.input %}', inMap: '{% $exists($states.context.Map) %}' }, End: true },
      }),
    });
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: { got: [[[2], 1]], inMap: false } });
  });
});

describe('a failure that the interpreter did not foresee', () => {
  it('is an outcome, not a rejection', async () => {
    const outcome = await run({
      machine: parseMachine(one({ Type: 'Pass' }), 'Real'),
      input: {},
      context,
      performTask: async () => null,
      record: (event) => {
        if (event.type === 'PassStateExited') throw new TypeError('disk full');
      },
      signal: new AbortController().signal,
    });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: expect.stringContaining('disk full') });
  });
});
