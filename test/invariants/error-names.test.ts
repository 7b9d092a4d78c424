import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorEntry, isErrorName } from '../../functions/contract/errors.ts';
import { sourcesOf } from './sources.ts';
import { PROJECT_ROOT } from './synthesized-app.ts';

const names = Object.keys(ERRORS);

/** `path: name` of every use that the pattern's first group names. */
function usesOf(files: string, pattern: RegExp): { path: string; name: string }[] {
  return sourcesOf(files).flatMap(({ path, text }) => [...text.matchAll(pattern)].map((match) => ({ path, name: match[1]! })));
}

describe('every name of an error', () => {
  it('that a document ends with is in the table and has an exit status', () => {
    const uses = usesOf('functions/**/*.sh', /^(?!\s*#).*?\bdie ([A-Z][A-Za-z]+)\b/gm);
    expect(uses.length).toBeGreaterThan(10);
    const wrong = uses.filter(({ name }) => !isErrorName(name) || (ERRORS[name] as ErrorEntry).document === undefined);
    expect(wrong.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });

  it('that our code throws is in the table', () => {
    const uses = usesOf('{bin,functions,lib}/**/*.ts', /new NamedError\(\s*'([^']+)'/g);
    expect(uses.length).toBeGreaterThan(10);
    expect(uses.filter(({ name }) => !isErrorName(name)).map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });

  it('stands for one exit status of a document at most, none of them used by a shell', () => {
    const statuses = Object.values<ErrorEntry>(ERRORS).flatMap(({ document }) => document ?? []);
    expect(new Set(statuses).size).toBe(statuses.length);
    expect(statuses.filter((status) => status < 65 || status > 113)).toEqual([]);
  });

  it('is a heading of the runbook', () => {
    const runbook = readFileSync(join(PROJECT_ROOT, 'docs/RUNBOOK.md'), 'utf8');
    const headings = [...runbook.matchAll(/^#{1,6} +(.+?) *$/gm)].map((match) => match[1]!.replaceAll('`', ''));
    expect(names.filter((name) => !headings.includes(name))).toEqual([]);
  });
});
