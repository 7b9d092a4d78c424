import type { Check } from '../contract/proof.ts';
import type { SqlCheck } from '../contract/sources.ts';
import type { SqlAnswer } from './fingerprint.ts';

/** Judges the answers of the suite's own checks. A check without an answer, or with more than one row, is a failed check. */
export function judgeSqlChecks(source: string, checks: readonly SqlCheck[], answers: readonly SqlAnswer[]): Check[] {
  return checks.map((wanted) => {
    const answer = answers.find(({ name }) => name === wanted.name);
    const message = problemOf(wanted, answer);
    return {
      kind: 'sql',
      source,
      name: wanted.name,
      ok: message === null,
      severity: 'failure',
      expected: wanted.expect,
      actual: answer?.value ?? null,
      message: message ?? 'Is what the suite file expects.',
      error: message === null ? null : 'CheckFailed',
    };
  });
}

function problemOf({ name, expect }: SqlCheck, answer: SqlAnswer | undefined): string | null {
  if (!answer) return `Check "${name}" gave no answer.`;
  if (answer.error !== null) return `Check "${name}" failed: ${answer.error}`;
  if (answer.rows !== 1) return `Check "${name}" gave ${answer.rows} rows; it must give exactly one.`;
  if (answer.value === null) return `Check "${name}" gave null.`;
  if ('equals' in expect) {
    return equal(answer.value, expect.equals) ? null : `Check "${name}" gave ${answer.value}, not ${expect.equals}.`;
  }
  const value = numberIn(answer.value);
  if (Number.isNaN(value)) return `Check "${name}" gave "${answer.value}", which is no number.`;
  if (expect.min !== undefined && value < expect.min) return `Check "${name}" gave ${value}, less than ${expect.min}.`;
  if (expect.max !== undefined && value > expect.max) return `Check "${name}" gave ${value}, more than ${expect.max}.`;
  return null;
}

/** PostgreSQL writes booleans as t and f. */
function equal(text: string, wanted: string | number | boolean): boolean {
  if (typeof wanted === 'boolean') return text === (wanted ? 't' : 'f') || text === String(wanted);
  if (typeof wanted === 'number') return numberIn(text) === wanted;
  return text === wanted;
}

/** NaN when it is none; an empty text, which JavaScript takes for 0, is none. */
function numberIn(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
