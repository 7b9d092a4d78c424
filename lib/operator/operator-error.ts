import * as z from 'zod';
import { ERRORS, errorOfService, isErrorName } from '../../functions/contract/errors.ts';

/** One thing that is wrong: where (a path in a file, a flag, a source), what was found there, and why it is wrong. */
export interface Problem {
  path: string;
  value: unknown;
  message: string;
}

/** A failure with a name of the error table (or of a service) that ends the command. */
export class OperatorError extends Error {
  readonly problems: Problem[];

  constructor(name: string, message: string, problems: Problem[] = []) {
    super(message);
    this.name = name;
    this.problems = problems;
  }
}

/** Exit code of the command for an error name; 1 for names that the table does not know. */
export function exitCodeOf(name: string): number {
  return isErrorName(name) ? ERRORS[name].exit : 1;
}

/** What to do about an error, from the same table that feeds the runbook. */
export function hintOf(name: string): string {
  return isErrorName(name) ? ERRORS[name].hint : ERRORS.Unexpected.hint;
}

const withProblems = z.object({
  problems: z.array(z.looseObject({ path: z.string().default(''), value: z.unknown().optional(), message: z.string() })),
});

/**
 * Anything thrown as an OperatorError. Names survive, so that errors of the launcher, of the engine and of AWS clients keep theirs;
 * a plain programming error becomes Unexpected.
 */
export function toOperatorError(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown;
  if (!(thrown instanceof Error)) return new OperatorError('Unexpected', String(thrown));
  const problems = withProblems.safeParse(thrown).data?.problems ?? [];
  const plain = ['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'ZodError'].includes(thrown.name);
  const shown = problems.map(({ path, value, message }) => ({ path, value: value ?? null, message }));
  const name = plain ? 'Unexpected' : (errorOfService(thrown.name) ?? thrown.name);
  return new OperatorError(name, messageOf(thrown), shown);
}

/** A refused connection reaches us as an AggregateError whose own message is empty. */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError) return error.errors.map((inner: unknown) => String(inner)).join('; ');
  return error.name;
}
