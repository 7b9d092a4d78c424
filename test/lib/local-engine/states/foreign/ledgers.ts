import { machineOf } from '../scripted-run.ts';
import { type ForeignMachine, LAMBDA } from './foreign-machine.ts';

const oversized = 'x'.repeat(262_143);

export const ledgers: ForeignMachine[] = [
  {
    title: 'the failure of a nested execution is read from the JSON in its cause',
    machine: machineOf('Close the month', {
      'Close the month': {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: { StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Close', Input: {} },
        Catch: [
          {
            ErrorEquals: ['States.TaskFailed'],
            Output: '{% $parse($states.errorOutput.Cause).Error %}',
            Next: 'What was it?',
          },
        ],
        End: true,
      },
      'What was it?': {
        Type: 'Choice',
        Choices: [{ Condition: "{% $states.input = 'PeriodLocked' %}", Next: 'Unlock' }],
        Default: 'Escalate',
      },
      Unlock: { Type: 'Succeed', Output: 'unlocking' },
      Escalate: { Type: 'Fail' },
    }),
    tasks: { 'Close the month': [{ fail: ['States.TaskFailed', '{"Error":"PeriodLocked","Status":"FAILED"}'] }] },
    expected: { output: 'unlocking' },
    story: { '': ['Close the month', 'What was it?', 'Unlock'] },
    seconds: 0,
  },
  {
    title: 'entries are told apart by their hash',
    machine: machineOf('Digest', {
      Digest: {
        Type: 'Pass',
        Assign: { algorithm: 'SHA-256' },
        Output: { md5: "{% $hash($states.input, 'MD5') %}", sha1: "{% $hash($states.input, 'SHA-1') %}" },
        Next: 'Digest again',
      },
      'Digest again': {
        Type: 'Succeed',
        Output: "{% $merge([$states.input, {'sha256': $hash($states.context.Execution.Input, $algorithm)}]) %}",
      },
    }),
    input: 'abc',
    expected: {
      output: {
        md5: '900150983cd24fb0d6963f7d28e17f72',
        sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    },
    story: { '': ['Digest', 'Digest again'] },
    seconds: 0,
  },
  {
    title: 'postings are booked in batches of two',
    machine: machineOf('Split', {
      Split: { Type: 'Pass', Assign: { batches: '{% $partition($states.input.postings, 2) %}' }, Next: 'Each batch' },
      'Each batch': {
        Type: 'Map',
        Items: '{% $batches %}',
        MaxConcurrency: 1,
        ItemProcessor: {
          StartAt: 'Book',
          States: { Book: { Type: 'Task', Resource: LAMBDA, Output: '{% $sum($states.result) %}', End: true } },
        },
        Output: { sums: '{% $states.result %}', total: '{% $sum($states.result) %}' },
        End: true,
      },
    }),
    input: { postings: [1, 2, 30, 40, 500] },
    tasks: { Book: [{ echo: true }, { echo: true }, { echo: true }] },
    expected: { output: { sums: [3, 70, 500], total: 573 } },
    story: { '': ['Split', 'Each batch'], 'Each batch[0]': ['Book'], 'Each batch[1]': ['Book'], 'Each batch[2]': ['Book'] },
    seconds: 0,
  },
  {
    title: 'a range of years is walked through, its end included',
    machine: machineOf('Each year', {
      'Each year': {
        Type: 'Map',
        Items: '{% $range($states.input.from, $states.input.to, 5) %}',
        ItemProcessor: {
          StartAt: 'Name the year',
          States: { 'Name the year': { Type: 'Succeed', Output: "{% 'FY' & $states.input %}" } },
        },
        Next: 'Draw a lot',
      },
      'Draw a lot': {
        Type: 'Pass',
        Output: {
          years: '{% $states.input %}',
          fair: '{% $random(7) = $random(7) and $random(7) < 1 %}',
          lot: '{% $length($uuid()) %}',
        },
        End: true,
      },
    }),
    input: { from: 2020, to: 2030 },
    expected: { output: { years: ['FY2020', 'FY2025', 'FY2030'], fair: true, lot: 36 } },
    story: {
      '': ['Each year', 'Draw a lot'],
      'Each year[0]': ['Name the year'],
      'Each year[1]': ['Name the year'],
      'Each year[2]': ['Name the year'],
    },
    seconds: 0,
  },
  {
    title: 'arguments that read what is not there are caught by name, and the task is never asked',
    machine: machineOf('Post', {
      Post: {
        Type: 'Task',
        Resource: LAMBDA,
        Arguments: { account: { number: '{% $states.input.account.number %}' } },
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Output: '{% $states.errorOutput.Cause %}', Next: 'Reject' }],
        End: true,
      },
      Reject: { Type: 'Succeed' },
    }),
    input: { amount: 3 },
    expected: {
      output:
        "An error occurred while executing the state 'Post' (entered at the event id #2). The JSONata expression " +
        "'$states.input.account.number' specified for the field 'Arguments/account/number' returned nothing (undefined).",
    },
    story: { '': ['Post', 'Reject'] },
    seconds: 0,
  },
  {
    title: 'a Parallel that is retried runs all of its branches again',
    machine: machineOf('Reconcile', {
      Reconcile: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'Bank', States: { Bank: { Type: 'Task', Resource: LAMBDA, End: true } } },
          { StartAt: 'Books', States: { Books: { Type: 'Task', Resource: LAMBDA, End: true } } },
        ],
        Retry: [{ ErrorEquals: ['BankClosed'], IntervalSeconds: 600, MaxAttempts: 1 }],
        Output: { equal: '{% $states.result[0] = $states.result[1] %}' },
        End: true,
      },
    }),
    tasks: {
      Bank: [
        { after: 2, fail: ['BankClosed', 'come back later'] },
        { after: 2, give: 70 },
      ],
      Books: [
        { after: 1, give: 69 },
        { after: 1, give: 70 },
      ],
    },
    expected: { output: { equal: true } },
    story: { '': ['Reconcile'], 'Reconcile: Bank': ['Bank', 'Bank'], 'Reconcile: Books': ['Books', 'Books'] },
    seconds: 2 + 600 + 2,
  },
  {
    title: 'a failure deep inside reaches the outer catcher under its own name',
    machine: machineOf('Audit', {
      Audit: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Each account',
            States: {
              'Each account': {
                Type: 'Map',
                Items: ['cash', 'bank'],
                MaxConcurrency: 1,
                ItemProcessor: {
                  StartAt: 'Is it cash?',
                  States: {
                    'Is it cash?': {
                      Type: 'Choice',
                      Choices: [{ Condition: "{% $states.input = 'cash' %}", Next: 'Fine' }],
                      Default: 'Missing',
                    },
                    Fine: { Type: 'Succeed' },
                    Missing: { Type: 'Fail', Error: "{% 'Missing' & $uppercase($states.input) %}", Cause: 'no statement' },
                  },
                },
                End: true,
              },
            },
          },
        ],
        Catch: [
          { ErrorEquals: ['States.Timeout'], Next: 'Late' },
          { ErrorEquals: ['MissingBANK'], Next: 'Ask the bank' },
        ],
        Next: 'Clean',
      },
      Clean: { Type: 'Succeed' },
      Late: { Type: 'Succeed' },
      'Ask the bank': { Type: 'Succeed' },
    }),
    expected: { output: { Error: 'MissingBANK', Cause: 'no statement' } },
    story: {
      '': ['Audit', 'Ask the bank'],
      'Audit: Each account': ['Each account'],
      'Audit: Each account > Each account[0]': ['Is it cash?', 'Fine'],
      'Audit: Each account > Each account[1]': ['Is it cash?', 'Missing'],
    },
    seconds: 0,
  },
  {
    title: 'a result beyond the payload limit slips through States.ALL',
    machine: machineOf('Export', {
      Export: {
        Type: 'Task',
        Resource: LAMBDA,
        Retry: [{ ErrorEquals: ['States.ALL'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Smaller' }],
        End: true,
      },
      Smaller: { Type: 'Succeed' },
    }),
    tasks: { Export: [{ give: oversized }] },
    expected: { status: 'FAILED', error: 'States.DataLimitExceeded' },
    story: { '': ['Export'] },
    seconds: 0,
  },
  {
    title: 'a result beyond the payload limit is caught by its own name',
    machine: machineOf('Export', {
      Export: {
        Type: 'Task',
        Resource: LAMBDA,
        Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], Output: 'too much', Next: 'Smaller' }],
        End: true,
      },
      Smaller: { Type: 'Succeed' },
    }),
    tasks: { Export: [{ give: oversized }] },
    expected: { output: 'too much' },
    story: { '': ['Export', 'Smaller'] },
    seconds: 0,
  },
];
