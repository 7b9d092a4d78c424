import { describe, expect, it } from 'vitest';
import { EvaluationFailure, evaluate, type Scope } from '../../../../lib/local-engine/states/evaluate.ts';

const scope: Scope = {
  variables: { n: 4, list: [1, 2, 3], nothing: null },
  states: { input: { name: 'Ada', empty: null, items: [{ p: 1 }, { p: 5 }] }, context: { Execution: { Name: 'run-1' } } },
};
const value = (expression: string) => evaluate(`{% ${expression} %}`, scope, 'Output');

async function failureOf(template: unknown): Promise<EvaluationFailure> {
  const thrown = await evaluate(template, scope, 'Output').catch((error: unknown) => error);
  if (!(thrown instanceof EvaluationFailure)) throw new Error(`expected an EvaluationFailure, got ${JSON.stringify(thrown)}`);
  return thrown;
}

describe('a template', () => {
  it('is evaluated wherever a whole string is an expression, and left alone elsewhere', async () => {
    const template = { a: ['{% $n %}', { b: '{% $states.input.name %}' }], plain: '$n', number: 3, none: null, yes: true };
    expect(await evaluate(template, scope, 'Output')).toEqual({
      a: [4, { b: 'Ada' }],
      plain: '$n',
      number: 3,
      none: null,
      yes: true,
    });
  });

  it('may span lines', async () => {
    expect(await evaluate('{%\n  $n\n  + 1\n%}', scope, 'Output')).toBe(5);
  });

  it('keeps null, which is a value', async () => {
    expect(await value('$states.input.empty')).toBeNull();
    expect(await value('[$nothing, $exists($states.input.empty), $type($nothing)]')).toEqual([null, true, 'null']);
  });

  it('hands out copies, so that nobody changes a variable through an output', async () => {
    const copy = (await value('$list')) as number[];
    copy.push(4);
    expect(await value('$list')).toEqual([1, 2, 3]);
  });

  it('returns plain arrays, without the marks that JSONata leaves on them', async () => {
    expect(Object.getOwnPropertyNames(await value('$states.input.items.p'))).toEqual(['0', '1', 'length']);
  });

  it('writes what JSON has no word for as AWS does, as a string', async () => {
    expect(await value('[1/0, -1/0, {"k": 0/0}]')).toEqual(['Infinity', '-Infinity', { k: 'NaN' }]);
  });
});

describe('an evaluation failure', () => {
  const cases: [what: string, template: unknown, location: string, message: RegExp][] = [
    [
      'nothing',
      { a: { b: [1, '{% $states.input.absent %}'] } },
      'Output/a/b[1]',
      /^The JSONata expression '\$states.input.absent' specified for the field 'Output\/a\/b\[1\]' returned nothing \(undefined\)\.$/,
    ],
    ['an unassigned variable', '{% $unknown %}', 'Output', /returned nothing/],
    ['a filter without a match', '{% $states.input.items[p = 7] %}', 'Output', /returned nothing/],
    ['a type error', '{% $states.input.name + 1 %}', 'Output', /threw an error during evaluation. T2001: /],
    ['an unknown function', '{% $shout(1) %}', 'Output', /T1006: /],
    ['$eval', "{% $eval('1') %}", 'Output', /T1006: /],
    ['an error of its own', "{% $error('stop here') %}", 'Output', /D3137: stop here/],
    ['an assertion', "{% $assert(false, 'must hold') %}", 'Output', /must hold/],
    ['a function as the value', '{% function($x) { $x } %}', 'Output', /returned a function/],
    ['a built-in function as the value', '{% $sum %}', 'Output', /returned a function/],
    ['text that is not JSON', "{% $parse('{oops') %}", 'Output', /threw an error/],
    ['an unknown algorithm', "{% $hash('a', 'sha-256') %}", 'Output', /MD5, SHA-1, SHA-256, SHA-384, SHA-512/],
    ['a range beyond all bounds', '{% $range(1, 360146, 1) %}', 'Output', /memory limit exceeded/],
    ['a recursion without an end', '{% ($f := function($x) { $f($x + 1) }; $f(1)) %}', 'Output', /Expression evaluation timeout/],
  ];
  it.each(cases)('names the field and the reason: %s', async (_what, template, location, message) => {
    const failure = await failureOf(template);
    expect(failure.location).toBe(location);
    expect(failure.message).toMatch(message);
  });
});

describe('the functions that Step Functions adds', () => {
  it('$parse reads JSON text', async () => {
    expect(await value(`$parse('{"a":[1,null]}').a`)).toEqual([1, null]);
  });

  it('$uuid is a version 4 UUID, new each time', async () => {
    const [one, two] = (await value('[$uuid(), $uuid()]')) as string[];
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(one).not.toBe(two);
  });

  it('$hash knows five algorithms', async () => {
    expect(await value("$hash('input', 'SHA-1')")).toBe('140f86aae51ab9e1cda9b4254fe98a74eb54c1a1');
    expect(await value("$hash('', 'MD5')")).toBe('d41d8cd98f00b204e9800998ecf8427e');
    expect(await value("['SHA-256', 'SHA-384', 'SHA-512'].$length($hash('ü', $))")).toEqual([64, 96, 128]);
  });

  it('$range includes its end when the step lands on it, and cuts fractions', async () => {
    expect(await value('$range(0, 6, 2)')).toEqual([0, 2, 4, 6]);
    expect(await value('$range(0, 5, 2)')).toEqual([0, 2, 4]);
    expect(await value('$range(3, 1, -1)')).toEqual([3, 2, 1]);
    expect(await value('$range(-1.7, 2, 1)')).toEqual([-1, 0, 1, 2]);
    expect(await value('$range(5, 5, 1)')).toBe(5);
  });

  it('$partition leaves the remainder to the last chunk', async () => {
    expect(await value('$partition([1..9], 4)')).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
    expect(await value('$partition($list, 2.9)')).toEqual([[1, 2], [3]]);
  });

  it.each([
    '$range(1, 2)',
    '$range(1, 2, -1)',
    '$range(1, 2, 0)',
    '$partition([1], 0)',
    '$partition([], 2)',
    "$hash('a')",
    '$parse($unknown)',
  ])('yield nothing for arguments without a sense: %s', async (expression) => {
    expect((await failureOf(`{% ${expression} %}`)).message).toContain('returned nothing');
  });

  it('$random is below 1, and with a seed the number that AWS answers', async () => {
    expect(await value('$random(42)')).toBe(0.7275636800328681);
    const drawn = (await value('[1..50].$random()')) as number[];
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(drawn).size).toBe(50);
  });
});
