import { machineOf } from '../scripted-run.ts';
import { type ForeignMachine, LAMBDA } from './foreign-machine.ts';

const BATCH = 'arn:aws:states:::aws-sdk:batch';

/** One task with retriers, as the error handling page of the developer guide draws it. */
const insistent = (Retry: unknown[], more: Record<string, unknown> = {}) =>
  machineOf('X', {
    X: { Type: 'Task', Resource: LAMBDA, Retry, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }], Next: 'Y', ...more },
    Y: { Type: 'Succeed' },
    Z: { Type: 'Pass', End: true },
  });

export const jobs: ForeignMachine[] = [
  {
    title: 'a job is polled until it succeeds',
    machine: machineOf('Submit', {
      Submit: {
        Type: 'Task',
        Resource: `${BATCH}:submitJob`,
        Assign: { job: '{% $states.result.JobId %}' },
        Next: 'Wait a little',
      },
      'Wait a little': { Type: 'Wait', Seconds: 30, Next: 'Describe' },
      Describe: {
        Type: 'Task',
        Resource: `${BATCH}:describeJobs`,
        Arguments: { Jobs: ['{% $job %}'] },
        Output: '{% $states.result.Jobs[0].Status %}',
        Next: 'Done?',
      },
      'Done?': {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $states.input = 'SUCCEEDED' %}", Next: 'Celebrate' },
          { Condition: "{% $states.input = 'FAILED' %}", Next: 'Give up' },
        ],
        Default: 'Wait a little',
      },
      Celebrate: { Type: 'Succeed', Output: { job: '{% $job %}' } },
      'Give up': { Type: 'Fail', Error: 'JobFailed' },
    }),
    tasks: {
      Submit: [{ give: { JobId: 'j-1' } }],
      Describe: [
        { give: { Jobs: [{ Status: 'RUNNABLE' }] } },
        { give: { Jobs: [{ Status: 'RUNNING' }] } },
        { give: { Jobs: [{ Status: 'SUCCEEDED' }] } },
      ],
    },
    expected: { output: { job: 'j-1' } },
    story: {
      '': ['Submit', ...Array(3).fill(['Wait a little', 'Describe', 'Done?']).flat(), 'Celebrate'],
    },
    seconds: 90,
  },
  {
    title: 'a poll counts in a variable, waits longer each time and gives up',
    machine: machineOf('Begin', {
      Begin: { Type: 'Pass', Assign: { polls: 0 }, Next: 'Pause' },
      Pause: { Type: 'Wait', Seconds: '{% $power(2, $polls) %}', Next: 'Look' },
      Look: { Type: 'Task', Resource: LAMBDA, Assign: { polls: '{% $polls + 1 %}' }, Next: 'Enough?' },
      'Enough?': {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.ready %}', Next: 'Ready' },
          { Condition: '{% $polls >= 3 %}', Next: 'Too slow' },
        ],
        Default: 'Pause',
      },
      Ready: { Type: 'Succeed' },
      'Too slow': { Type: 'Fail', Error: 'JobTooSlow', Cause: "{% 'after ' & $polls & ' polls' %}" },
    }),
    tasks: { Look: Array(3).fill({ give: { ready: false } }) },
    expected: { status: 'FAILED', error: 'JobTooSlow', cause: 'after 3 polls' },
    story: { '': ['Begin', ...Array(3).fill(['Pause', 'Look', 'Enough?']).flat(), 'Too slow'] },
    seconds: 1 + 2 + 4,
  },
  {
    title: 'every retrier counts its own attempts, and what they leave over is caught',
    machine: insistent([
      { ErrorEquals: ['ErrorA', 'ErrorB'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
      { ErrorEquals: ['ErrorC'], IntervalSeconds: 5 },
    ]),
    tasks: { X: [{ fail: ['ErrorA', 'a'] }, { fail: ['ErrorB', 'b'] }, { fail: ['ErrorC', 'c'] }, { fail: ['ErrorB', 'd'] }] },
    expected: { output: { Error: 'ErrorB', Cause: 'd' } },
    story: { '': ['X', 'Z'] },
    seconds: 1 + 2 + 5,
  },
  {
    title: 'a backoff grows up to MaxDelaySeconds',
    machine: insistent([
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 5, MaxDelaySeconds: 10 },
    ]),
    tasks: { X: [...Array(5).fill({ fail: ['Throttled', ''] }), { give: 'through' }] },
    expected: { output: 'through' },
    story: { '': ['X', 'Y'] },
    seconds: 3 + 6 + 10 + 10 + 10,
  },
  {
    title: 'MaxAttempts 0 takes an error out of a later retrier for everything',
    machine: insistent([
      { ErrorEquals: ['Hopeless'], MaxAttempts: 0 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 60 },
    ]),
    tasks: { X: [{ fail: ['Hopeless', 'no use'] }] },
    expected: { output: { Error: 'Hopeless', Cause: 'no use' } },
    story: { '': ['X', 'Z'] },
    seconds: 0,
  },
  {
    title: 'without numbers a retrier tries three times more, after 1, 2 and 4 seconds',
    machine: insistent([{ ErrorEquals: ['States.TaskFailed'] }]),
    tasks: { X: Array(4).fill({ fail: ['Flaky', 'again'] }) },
    expected: { output: { Error: 'Flaky', Cause: 'again' } },
    story: { '': ['X', 'Z'] },
    seconds: 1 + 2 + 4,
  },
  {
    title: 'arguments are evaluated anew for each attempt and know its number',
    machine: insistent([{ ErrorEquals: ['States.ALL'] }], {
      Arguments: {
        attempt: '{% $states.context.State.RetryCount %}',
        token: "{% $states.context.Execution.Name & '-' & $states.context.State.RetryCount %}",
      },
    }),
    tasks: { X: [{ fail: ['Flaky', ''] }, { fail: ['Flaky', ''] }, { echo: true }] },
    expected: { output: { attempt: 2, token: 'run-1-2' } },
    story: { '': ['X', 'Y'] },
    seconds: 1 + 2,
  },
  {
    title: 'a timeout from the input ends an attempt, and the next one is in time',
    machine: insistent([{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, MaxAttempts: 1 }], {
      TimeoutSeconds: '{% $states.input.limit %}',
    }),
    input: { limit: 7 },
    tasks: { X: [{ never: true }, { after: 2, give: 'late but fine' }] },
    expected: { output: 'late but fine' },
    story: { '': ['X', 'Y'] },
    seconds: 7 + 1 + 2,
  },
  {
    title: 'States.TaskFailed stands for every error but a timeout',
    machine: machineOf('Listen', {
      Listen: {
        Type: 'Task',
        Resource: LAMBDA,
        TimeoutSeconds: 20,
        Catch: [
          { ErrorEquals: ['States.TaskFailed'], Next: 'It broke' },
          { ErrorEquals: ['States.Timeout'], Output: '{% $states.errorOutput.Error %}', Next: 'It was silent' },
        ],
        End: true,
      },
      'It broke': { Type: 'Succeed' },
      'It was silent': { Type: 'Succeed' },
    }),
    tasks: { Listen: [{ never: true }] },
    expected: { output: 'States.Timeout' },
    story: { '': ['Listen', 'It was silent'] },
    seconds: 20,
  },
  {
    title: 'the machine as a whole has a time limit, inside branches too',
    machine: machineOf(
      'Both',
      {
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Sleep', States: { Sleep: { Type: 'Wait', Seconds: 3600, End: true } } },
            { StartAt: 'Work', States: { Work: { Type: 'Task', Resource: LAMBDA, End: true } } },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rescue' }],
          End: true,
        },
        Rescue: { Type: 'Succeed' },
      },
      { TimeoutSeconds: 60 },
    ),
    tasks: { Work: [{ never: true }] },
    expected: { status: 'TIMED_OUT', error: 'States.Timeout' },
    story: { '': ['Both'], 'Both: Sleep': ['Sleep'], 'Both: Work': ['Work'] },
    seconds: 60,
  },
];
