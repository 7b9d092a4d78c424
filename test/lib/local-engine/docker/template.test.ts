import { describe, expect, test } from 'vitest';
import { render } from '../../../../lib/local-engine/docker/template.ts';

const value = {
  A: { B: 'text', N: 3, T: true, L: ['x', 'y'], Z: null },
  M: new Map([['key', 'v']]),
  R: [{ Name: 'one' }, { Name: 'two' }],
  E: [],
};

// The expected texts were taken from Docker 28.2's own answers for values of these kinds.
test.each([
  ['text only', 'text only'],
  ['', ''],
  ['{{.A.B}}', 'text'],
  ['<{{ .A.N }}|{{.A.T}}>', '<3|true>'],
  ['{{.A.L}} {{.M}}', '[x y] map[key:v]'],
  ['{{.A.Z}}', '<nil>'],
  ['{{.M.key}} {{.M.none}}', 'v <no value>'],
  ['{{json .A.L}} {{json .M}} {{json .A.B}}', '["x","y"] {"key":"v"} "text"'],
  ['{{println .A.B}}', 'text\n'],
  ['{{range .R}}{{.Name}};{{end}}', 'one;two;'],
  ['{{range .A.L}}{{println .}}{{end}}', 'x\ny\n'],
  ['{{range .E}}never{{end}}{{range .A.Z}}never{{end}}', ''],
  ['}} is text', '}} is text'],
])('%j renders as %j', (template, text) => {
  expect(render(template, value)).toBe(text);
});

describe('a template that is not known is refused', () => {
  test.each([
    '{{.A',
    '{{end}}',
    '{{range .R}}',
    '{{if .A}}x{{end}}',
    '{{.A | json}}',
    '{{index .M "key"}}',
    '{{$x}}',
    '{{.A.}}',
    '{{-.A}}',
    '{{}}',
    '{{println}}',
    '{{printf "%s" .A}}',
    '{{json .A .M}}',
  ])('%j', (template) => {
    expect(() => render(template, value)).toThrow(
      expect.objectContaining({ exitCode: 64, message: expect.stringContaining('template parsing error') }),
    );
  });
});

test.each(['{{.None}}', '{{.A.None}}', '{{.A.B.C}}', '{{range .R}}{{.None}}{{end}}'])(
  '%j names a field that does not exist',
  (template) => {
    expect(() => render(template, value)).toThrow(
      expect.objectContaining({ exitCode: 1, message: expect.stringMatching(/map has no entry for key "(None|C)"/) }),
    );
  },
);
