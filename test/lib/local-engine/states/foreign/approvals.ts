import { machineOf } from '../scripted-run.ts';
import { type ForeignMachine, LAMBDA } from './foreign-machine.ts';

const routed = machineOf('Route', {
  Route: {
    Type: 'Choice',
    Choices: [
      { Condition: '{% $states.input.amount < 100 %}', Next: 'Approve' },
      { Condition: "{% $states.input.manager = 'Eve' %}", Output: { by: '{% $states.input.manager %}' }, Next: 'Approve' },
      { Condition: '{% $states.input.board.seats > 2 %}', Next: 'Approve' },
    ],
  },
  Approve: { Type: 'Succeed' },
});

export const approvals: ForeignMachine[] = [
  {
    title: 'all expressions of a state see the variables as they were on entry',
    machine: machineOf('Begin', {
      Begin: { Type: 'Pass', Assign: { x: 3, a: 6 }, Next: 'Swap' },
      Swap: { Type: 'Pass', Assign: { x: '{% $a %}', nextX: '{% $x %}' }, Output: { seen: '{% $x %}' }, Next: 'Look' },
      Look: { Type: 'Pass', Output: { seen: '{% $states.input.seen %}', x: '{% $x %}', nextX: '{% $nextX %}' }, End: true },
    }),
    expected: { output: { seen: 3, x: 6, nextX: 3 } },
    story: { '': ['Begin', 'Swap', 'Look'] },
    seconds: 0,
  },
  {
    title: 'a request waits for its deadline, and not at all for one that has passed',
    machine: machineOf('Until the deadline', {
      'Until the deadline': { Type: 'Wait', Timestamp: '{% $states.input.deadline %}', Next: 'Until long ago' },
      'Until long ago': { Type: 'Wait', Timestamp: '2001-09-09T01:46:40Z', Output: 'expired', Next: 'Closed' },
      Closed: { Type: 'Succeed' },
    }),
    input: { deadline: '2030-01-01T03:30:00+01:00' },
    expected: { output: 'expired' },
    story: { '': ['Until the deadline', 'Until long ago', 'Closed'] },
    seconds: 2.5 * 3600,
  },
  {
    title: 'branches read outer variables and keep their own to themselves',
    machine: machineOf('Begin', {
      Begin: { Type: 'Pass', Assign: { minimum: 10 }, Next: 'Ask both' },
      'Ask both': {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Ask Ada',
            States: {
              'Ask Ada': { Type: 'Pass', Assign: { verdict: '{% $states.input.ada >= $minimum %}' }, Next: 'Ada says' },
              'Ada says': { Type: 'Pass', Output: '{% $verdict %}', End: true },
            },
          },
          {
            StartAt: 'Ask Bob',
            States: {
              'Ask Bob': { Type: 'Pass', Assign: { verdict: '{% $states.input.bob >= $minimum %}' }, Next: 'Bob says' },
              'Bob says': { Type: 'Pass', Output: '{% $verdict %}', End: true },
            },
          },
        ],
        Assign: { votes: '{% $states.result %}' },
        Next: 'Count',
      },
      Count: { Type: 'Succeed', Output: { votes: '{% $votes %}', leaked: '{% $exists($verdict) %}', minimum: '{% $minimum %}' } },
    }),
    input: { ada: 12, bob: 3 },
    expected: { output: { votes: [true, false], leaked: false, minimum: 10 } },
    story: {
      '': ['Begin', 'Ask both', 'Count'],
      'Ask both: Ask Ada': ['Ask Ada', 'Ada says'],
      'Ask both: Ask Bob': ['Ask Bob', 'Bob says'],
    },
    seconds: 0,
  },
  {
    title: 'a catcher assigns in place of the state, and its errorOutput is what follows',
    machine: machineOf('Sign', {
      Sign: {
        Type: 'Task',
        Resource: LAMBDA,
        Assign: { signed: true, name: '{% $states.result.name %}' },
        Catch: [{ ErrorEquals: ['Refused'], Assign: { signed: false }, Next: 'File' }],
        Next: 'File',
      },
      File: {
        Type: 'Pass',
        Output: { signed: '{% $signed %}', named: '{% $exists($name) %}', got: '{% $states.input %}' },
        End: true,
      },
    }),
    tasks: { Sign: [{ fail: ['Refused', 'not today'] }] },
    expected: { output: { signed: false, named: false, got: { Error: 'Refused', Cause: 'not today' } } },
    story: { '': ['Sign', 'File'] },
    seconds: 0,
  },
  {
    title: 'the first rule that holds decides, and later ones are not even looked at',
    machine: routed,
    input: { amount: 500, manager: 'Eve' },
    expected: { output: { by: 'Eve' } },
    story: { '': ['Route', 'Approve'] },
    seconds: 0,
  },
  {
    title: 'a rule whose condition yields nothing fails the state',
    machine: routed,
    input: { amount: 500, manager: 'Mallory' },
    expected: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'Route' (entered at the event id #2). The JSONata expression " +
        "'$states.input.board.seats > 2' specified for the field 'Choices[2]/Condition' returned nothing (undefined).",
    },
    story: { '': ['Route'] },
    seconds: 0,
  },
  {
    title: 'nothing matches and there is no Default',
    machine: routed,
    input: { amount: 500, manager: 'Mallory', board: { seats: 1 } },
    expected: { status: 'FAILED', error: 'States.NoChoiceMatched' },
    story: { '': ['Route'] },
    seconds: 0,
  },
  {
    title: 'an approval that is withdrawn stops while it waits',
    machine: machineOf('Cool down', {
      'Cool down': { Type: 'Wait', Seconds: 99_999_999, Next: 'Approved' },
      Approved: { Type: 'Succeed' },
    }),
    stop: { after: 12, error: 'Withdrawn', cause: 'changed my mind' },
    expected: { status: 'ABORTED', error: 'Withdrawn', cause: 'changed my mind' },
    story: { '': ['Cool down'] },
    seconds: 12,
  },
];
