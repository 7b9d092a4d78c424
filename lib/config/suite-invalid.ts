import { NamedError } from '../../functions/contract/errors.ts';

export interface Problem {
  /** `sources.databases[0].name`; empty for the file as a whole. */
  readonly path: string;
  /** What stands there; null when nothing does. */
  readonly value: unknown;
  readonly message: string;
}

/** Every problem of a suite file at once. */
export class SuiteInvalid extends NamedError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super('SuiteInvalid', `The suite file has ${count}:\n${problems.map(describeProblem).join('\n')}`);
    this.problems = problems;
  }
}

export function describeProblem({ path, value, message }: Problem): string {
  const found = value === null ? '' : ` (${JSON.stringify(value)})`;
  return `  ${path || 'the file'}: ${message}${found}`;
}

/** `['sources', 'databases', 0, 'name']` as `sources.databases[0].name`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`)).join('');
}
