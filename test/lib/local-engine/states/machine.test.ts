import { describe, expect, it } from 'vitest';
import { MachineInvalid, machineTasks, type Problem, parseMachine } from '../../../../lib/local-engine/states/machine.ts';
import { machineOf } from './scripted-run.ts';

const LAMBDA = 'arn:aws:states:::lambda:invoke';
const end = { Type: 'Pass', End: true };
const task = (more: Record<string, unknown>) => machineOf('T', { T: { Type: 'Task', Resource: LAMBDA, End: true, ...more } });
const pass = (more: Record<string, unknown>) => machineOf('P', { P: { Type: 'Pass', End: true, ...more } });
const wait = (more: Record<string, unknown>) => machineOf('W', { W: { Type: 'Wait', End: true, ...more } });
const map = (more: Record<string, unknown>) =>
  machineOf('M', { M: { Type: 'Map', End: true, ItemProcessor: { StartAt: 'I', States: { I: end } }, ...more } });
const choice = (rule: Record<string, unknown>) =>
  machineOf('C', { C: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'E', ...rule }] }, E: end });

function problemsOf(definition: unknown): Problem[] {
  try {
    parseMachine(definition, 'Broken');
  } catch (error) {
    if (error instanceof MachineInvalid) return [...error.problems];
    throw error;
  }
  return [];
}

const invalid: [what: string, definition: unknown, path: string, message: RegExp][] = [
  ['not an object', 'text', '/', /not a JSON object/],
  ['no query language', { ...pass({}), QueryLanguage: undefined }, '/QueryLanguage', /missing, which means 'JSONPath'/],
  ['JSONPath', { ...pass({}), QueryLanguage: 'JSONPath' }, '/QueryLanguage', /only 'JSONata'.*"JSONPath"/],
  ['a JSONPath state', pass({ QueryLanguage: 'JSONPath' }), '/States/P/QueryLanguage', /must be "JSONata"/],
  ['an unknown field of the machine', { ...pass({}), Timeout: 3 }, '/Timeout', /unknown field/],
  ['a version of the future', { ...pass({}), Version: '2.0' }, '/Version', /must be "1.0"/],
  ['no StartAt', { ...pass({}), StartAt: undefined }, '/StartAt', /missing/],
  ['a StartAt that leads nowhere', { ...pass({}), StartAt: 'Q' }, '/StartAt', /no state 'Q'/],
  ['no states', machineOf('A', {}), '/States', /at least one state/],
  ['a state that is no object', machineOf('A', { A: 'go' }), '/States/A', /a state is a JSON object/],
  ['no type', machineOf('A', { A: { End: true } }), '/States/A/Type', /missing/],
  ['an unknown type', machineOf('A', { A: { Type: 'Loop', End: true } }), '/States/A/Type', /unknown state type "Loop"/],
  ['an inherited word as a type', machineOf('A', { A: { Type: 'toString', End: true } }), '/States/A/Type', /unknown state type/],
  ['an unknown field of a state', pass({ Retries: 3 }), '/States/P/Retries', /unknown field/],
  ['a field of another type', pass({ Arguments: {} }), '/States/P/Arguments', /unknown field/],
  ['Parameters', task({ Parameters: {} }), '/States/T/Parameters', /belongs to JSONPath/],
  ['ResultPath', task({ ResultPath: '$.x' }), '/States/T/ResultPath', /belongs to JSONPath/],
  ['InputPath', pass({ InputPath: '$' }), '/States/P/InputPath', /belongs to JSONPath/],
  ['OutputPath', pass({ OutputPath: '$' }), '/States/P/OutputPath', /belongs to JSONPath/],
  ['ResultSelector', task({ ResultSelector: {} }), '/States/T/ResultSelector', /belongs to JSONPath/],
  ['Result', pass({ Result: 1 }), '/States/P/Result', /belongs to JSONPath/],
  ['ItemsPath', map({ ItemsPath: '$.x' }), '/States/M/ItemsPath', /belongs to JSONPath/],
  ['SecondsPath', wait({ SecondsPath: '$.x' }), '/States/W/SecondsPath', /belongs to JSONPath/],
  ['Variable in a rule', choice({ Variable: '$.x' }), '/States/C/Choices[0]/Variable', /belongs to JSONPath/],
  ['no way on', machineOf('A', { A: { Type: 'Pass' } }), '/States/A', /missing Next/],
  ['two ways on', machineOf('A', { A: { Type: 'Pass', Next: 'B', End: true }, B: end }), '/States/A', /exclude each other/],
  ['End that is not true', machineOf('A', { A: { Type: 'Pass', End: false } }), '/States/A/End', /must be true/],
  ['a Next that leads nowhere', machineOf('A', { A: { Type: 'Pass', Next: 'B' } }), '/States/A/Next', /no state 'B'/],
  ['a rule that leads nowhere', choice({ Next: 'X' }), '/States/C/Choices[0]/Next', /no state 'X'/],
  [
    'a Default that leads nowhere',
    machineOf('C', { C: { Type: 'Choice', Choices: [{ Condition: true, Next: 'E' }], Default: 'X' }, E: end }),
    '/States/C/Default',
    /no state 'X'/,
  ],
  [
    'a catcher that leads nowhere',
    task({ Catch: [{ ErrorEquals: ['E'], Next: 'X' }] }),
    '/States/T/Catch[0]/Next',
    /no state 'X'/,
  ],
  [
    'a way out of a branch',
    machineOf('P', {
      P: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'E' } } }], Next: 'E' },
      E: end,
    }),
    '/States/P/Branches[0]/States/A/Next',
    /no state 'E' in this scope/,
  ],
  ['a state without a way in', machineOf('A', { A: end, B: end }), '/States/B', /no transition leads to this state/],
  [
    'a loop without an end',
    machineOf('A', { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }),
    '/States',
    /no terminal state/,
  ],
  ['an end that cannot be reached', machineOf('A', { A: { Type: 'Pass', Next: 'A' }, B: end }), '/States', /no terminal state/],
  [
    'one name twice',
    machineOf('A', { A: { Type: 'Map', ItemProcessor: { StartAt: 'A', States: { A: end } }, End: true } }),
    '/States/A/ItemProcessor/States/A',
    /name is taken/,
  ],
  ['a name of 81 characters', machineOf('n'.repeat(81), { ['n'.repeat(81)]: end }), `/States/${'n'.repeat(81)}`, /at most 80/],
  ['no resource', task({ Resource: undefined }), '/States/T/Resource', /missing/],
  ['a computed resource', task({ Resource: '{% $x %}' }), '/States/T/Resource', /constant ARN/],
  [
    'a task token',
    task({ Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' }),
    '/States/T/Resource',
    /task token is not supported/,
  ],
  ['a heartbeat', task({ HeartbeatSeconds: 5 }), '/States/T/HeartbeatSeconds', /sends heartbeats/],
  ['credentials', task({ Credentials: {} }), '/States/T/Credentials', /not supported by the local engine/],
  ['a timeout of nothing', task({ TimeoutSeconds: 0 }), '/States/T/TimeoutSeconds', /whole number from 1/],
  [
    'a distributed map',
    map({
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'I', States: { I: end } },
    }),
    '/States/M/ItemProcessor/ProcessorConfig/Mode',
    /DISTRIBUTED map is not supported/,
  ],
  ['ItemReader', map({ ItemReader: {} }), '/States/M/ItemReader', /not supported by the local engine/],
  ['ResultWriter', map({ ResultWriter: {} }), '/States/M/ResultWriter', /not supported by the local engine/],
  ['ItemBatcher', map({ ItemBatcher: {} }), '/States/M/ItemBatcher', /not supported by the local engine/],
  [
    'a tolerated share',
    map({ ToleratedFailurePercentage: 5 }),
    '/States/M/ToleratedFailurePercentage',
    /not supported by the local engine/,
  ],
  [
    'a tolerated number',
    map({ ToleratedFailureCount: 5 }),
    '/States/M/ToleratedFailureCount',
    /not supported by the local engine/,
  ],
  ['items that are no list', map({ Items: { a: 1 } }), '/States/M/Items', /array or an expression/],
  ['half an iteration', map({ MaxConcurrency: 0.5 }), '/States/M/MaxConcurrency', /whole number from 0/],
  ['no processor', map({ ItemProcessor: undefined }), '/States/M/ItemProcessor', /missing/],
  ['no branches', machineOf('P', { P: { Type: 'Parallel', Branches: [], End: true } }), '/States/P/Branches', /non-empty array/],
  [
    'no rules',
    machineOf('C', { C: { Type: 'Choice', Choices: [], Default: 'E' }, E: end }),
    '/States/C/Choices',
    /non-empty array/,
  ],
  ['a rule without a condition', choice({ Condition: undefined }), '/States/C/Choices[0]/Condition', /missing/],
  ['a condition that is plain text', choice({ Condition: 'yes' }), '/States/C/Choices[0]/Condition', /must be true or false/],
  ['a wait without an end', wait({}), '/States/W', /either Seconds or Timestamp/],
  ['a wait with two ends', wait({ Seconds: 1, Timestamp: '2030-01-01T00:00:00Z' }), '/States/W', /either Seconds or Timestamp/],
  ['more than three years', wait({ Seconds: 100_000_000 }), '/States/W/Seconds', /whole number from 0 to 99999999/],
  ['a date without a time', wait({ Timestamp: '2030-01-01' }), '/States/W/Timestamp', /ISO 8601/],
  ['a syntax error', pass({ Output: { a: ['{% 1 + %}'] } }), '/States/P/Output/a[0]', /JSONata syntax error in '1 \+'/],
  ['an expression that is not closed', pass({ Output: '{% $x' }), '/States/P/Output', /first and the last characters/],
  ['an expression with a space before it', pass({ Output: ' {% $x %}' }), '/States/P/Output', /first and the last characters/],
  ['an expression within text', pass({ Output: 'Hello {% $x %}!' }), '/States/P/Output', /first and the last characters/],
  ['a bare name', pass({ Output: '{% phone.number %}' }), '/States/P/Output', /'phone' at the top level/],
  [
    'a bare name in a lambda',
    pass({ Output: '{% $map($states.input, function($v) { b }) %}' }),
    '/States/P/Output',
    /'b' at the top level/,
  ],
  ['the outermost context', pass({ Output: '{% $$.a %}' }), '/States/P/Output', /'\$\$' is not supported/],
  ['$eval', pass({ Output: "{% $eval('1') %}" }), '/States/P/Output', /'\$eval' is not available/],
  [
    'a result before there is one',
    task({ Arguments: '{% $states.result %}' }),
    '/States/T/Arguments',
    /'\$states.result' cannot be read here/,
  ],
  [
    'a result in a state without one',
    pass({ Output: '{% $states.result %}' }),
    '/States/P/Output',
    /'\$states.result' cannot be read here/,
  ],
  [
    'a result in a catcher',
    task({ Catch: [{ ErrorEquals: ['E'], Next: 'T', Output: '{% $states.result %}' }] }),
    '/States/T/Catch[0]/Output',
    /'\$states.result' cannot be read/,
  ],
  [
    'an error outside a catcher',
    task({ Output: '{% $states.errorOutput %}' }),
    '/States/T/Output',
    /'\$states.errorOutput' cannot be read here/,
  ],
  ['an assignment to $states', pass({ Assign: { states: 1 } }), '/States/P/Assign/states', /reserved/],
  ['an assignment to a part', pass({ Assign: { 'x.y': 1 } }), '/States/P/Assign/x.y', /Unicode identifier/],
  ['Assign in a Succeed', machineOf('S', { S: { Type: 'Succeed', Assign: {} } }), '/States/S/Assign', /unknown field/],
  ['Output of a Fail', machineOf('F', { F: { Type: 'Fail', Output: 1 } }), '/States/F/Output', /unknown field/],
  ['an error that is no text', machineOf('F', { F: { Type: 'Fail', Error: 404 } }), '/States/F/Error', /must be a string/],
  [
    'an inner variable named like an outer one',
    machineOf('M', {
      M: {
        Type: 'Map',
        ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { x: 1 }, End: true } } },
        Next: 'P',
      },
      P: { Type: 'Pass', Assign: { x: 2 }, End: true },
    }),
    '/States/M/ItemProcessor',
    /variable 'x' is already assigned/,
  ],
  [
    'an inner variable named like that of an outer catcher',
    machineOf('M', {
      M: {
        Type: 'Map',
        Catch: [{ ErrorEquals: ['E'], Assign: { x: 1 }, Next: 'P' }],
        ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { x: 1 }, End: true } } },
        Next: 'P',
      },
      P: end,
    }),
    '/States/M/ItemProcessor',
    /variable 'x' is already assigned/,
  ],
  ['Retry of a Pass', pass({ Retry: [{ ErrorEquals: ['E'] }] }), '/States/P/Retry', /unknown field/],
  ['a retrier for nothing', task({ Retry: [{ ErrorEquals: [] }] }), '/States/T/Retry[0]/ErrorEquals', /non-empty array/],
  [
    'States.ALL in company',
    task({ Retry: [{ ErrorEquals: ['E', 'States.ALL'] }] }),
    '/States/T/Retry[0]/ErrorEquals',
    /must appear alone/,
  ],
  [
    'States.ALL before others',
    task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] }),
    '/States/T/Retry[0]/ErrorEquals',
    /must come last/,
  ],
  [
    'a misspelt built-in error',
    task({ Retry: [{ ErrorEquals: ['States.TimeOut'] }] }),
    '/States/T/Retry[0]/ErrorEquals',
    /no built-in error 'States.TimeOut'/,
  ],
  [
    'a shrinking backoff',
    task({ Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }),
    '/States/T/Retry[0]/BackoffRate',
    /at least 1/,
  ],
  [
    'no interval',
    task({ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 0 }] }),
    '/States/T/Retry[0]/IntervalSeconds',
    /whole number from 1/,
  ],
  [
    'an unknown jitter',
    task({ Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'HALF' }] }),
    '/States/T/Retry[0]/JitterStrategy',
    /"NONE" or "FULL"/,
  ],
  [
    'an unknown field of a retrier',
    task({ Retry: [{ ErrorEquals: ['E'], Attempts: 2 }] }),
    '/States/T/Retry[0]/Attempts',
    /unknown field/,
  ],
  [
    'a ResultPath in a catcher',
    task({ Catch: [{ ErrorEquals: ['E'], Next: 'T', ResultPath: '$.e' }] }),
    '/States/T/Catch[0]/ResultPath',
    /belongs to JSONPath/,
  ],
  [
    'an unknown field of a branch',
    machineOf('P', { P: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: end }, TimeoutSeconds: 3 }], End: true } }),
    '/States/P/Branches[0]/TimeoutSeconds',
    /unknown field/,
  ],
];

describe('a definition that cannot be carried out faithfully is refused with the place and the reason', () => {
  it.each(invalid)('%s', (_what, definition, path, message) => {
    expect(problemsOf(definition)).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  it('names all problems of all scopes at once, the machine first', () => {
    const definition = machineOf('A', {
      A: { Type: 'Pass', Next: 'M', ResultPath: '$.x' },
      M: {
        Type: 'Map',
        ItemReader: {},
        ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Task', Next: 'J' } } },
        Next: 'Nowhere',
      },
    });
    expect(() => parseMachine(definition, 'Nightly')).toThrow(MachineInvalid);
    const paths = problemsOf(definition).map(({ path }) => path);
    expect(paths.sort()).toEqual([
      '/States',
      '/States/A/ResultPath',
      '/States/M/ItemProcessor/States',
      '/States/M/ItemProcessor/States/I/Next',
      '/States/M/ItemProcessor/States/I/Resource',
      '/States/M/ItemReader',
      '/States/M/Next',
    ]);
    expect(() => parseMachine(definition, 'Nightly')).toThrow(/^The state machine Nightly is invalid:\n {2}\/States\/M\/Next: /);
  });
});

describe('a definition that AWS accepts is accepted', () => {
  const accepted: [string, Record<string, unknown>][] = [
    [
      'names that stand where a step or a predicate gives them a context',
      pass({ Output: "{% $states.input.items[price > 3 and name = 'a'].{'n': name, 'p': price} %}" }),
    ],
    [
      'names in a sort, a grouping and a transform',
      pass({ Output: '{% ($x := $states.input.a^(>b.c){d: $sum(e)}; $x ~> |f|{"g": h}|) %}' }),
    ],
    [
      'names behind a block and in a lambda over its parameter',
      pass({ Output: '{% ($states.input).a.$map(b, function($v) { $v.c }) %}' }),
    ],
    [
      'a part of the input that is called result',
      pass({ Output: '{% $states.input.result & $states.context.Execution.Name %}' }),
    ],
    [
      'comments wherever they may stand',
      { ...choice({ Comment: 'a rule' }), Comment: 'a machine', Version: '1.0', TimeoutSeconds: 5 },
    ],
    [
      'one variable name in sibling branches',
      machineOf('P', {
        P: {
          Type: 'Parallel',
          Branches: ['A', 'B'].map((StartAt) => ({
            StartAt,
            States: { [StartAt]: { Type: 'Pass', Assign: { x: 1 }, End: true } },
          })),
          End: true,
        },
      }),
    ],
    [
      'an error name of its own for each word of a language',
      machineOf('F', { F: { Type: 'Fail', Error: 'Señal.Ängste', Cause: '100 %}'.slice(0, 5) } }),
    ],
  ];
  it.each(accepted)('%s', (_what, definition) => {
    expect(problemsOf(definition)).toEqual([]);
  });
});

describe('the tasks of a machine', () => {
  it('are found in Map and Parallel states too', () => {
    const machine = parseMachine(
      machineOf('P', {
        P: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'M',
              States: {
                M: {
                  Type: 'Map',
                  End: true,
                  ItemProcessor: { StartAt: 'T1', States: { T1: { Type: 'Task', Resource: 'arn:one', End: true } } },
                },
              },
            },
            { StartAt: 'T2', States: { T2: { Type: 'Task', Resource: 'arn:two', End: true } } },
          ],
          Next: 'T3',
        },
        T3: { Type: 'Task', Resource: 'arn:one', End: true },
      }),
      'Nested',
    );
    expect(machineTasks(machine)).toEqual([
      { stateName: 'T1', resource: 'arn:one' },
      { stateName: 'T2', resource: 'arn:two' },
      { stateName: 'T3', resource: 'arn:one' },
    ]);
  });
});
