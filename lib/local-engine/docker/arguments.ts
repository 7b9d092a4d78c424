import { Failure } from './failure.ts';

/** What a flag takes: nothing, one value, or a value each time it is given. A `check` names what is wrong with a value, or answers null. */
export interface Flag {
  takes: 'nothing' | 'value' | 'values';
  alias?: string;
  check?: (value: string) => string | null;
}

/** The arguments of one call: every flag as the list of its values ('' for a flag that takes nothing), and what is not a flag. */
export interface Arguments {
  flags: Record<string, string[]>;
  rest: string[];
}

/**
 * Reads the arguments of one subcommand. A flag that is not declared is a Failure with exit code 125 that names it.
 * With `flagsFirst` everything after the first argument that is not a flag belongs to somebody else (`exec`, `run`).
 */
export function parseArguments(command: string, declared: Record<string, Flag>, words: string[], flagsFirst = false): Arguments {
  const flags: Record<string, string[]> = Object.fromEntries(Object.keys(declared).map((name) => [name, []]));
  const rest: string[] = [];
  const queue = [...words];
  while (queue.length > 0) {
    const word = queue.shift()!;
    if (!word.startsWith('-')) {
      rest.push(word);
      if (flagsFirst) rest.push(...queue.splice(0));
      continue;
    }
    const equals = word.indexOf('=');
    const written = equals < 0 ? word : word.slice(0, equals);
    const name = Object.keys(declared).find((flag) => written === `--${flag}` || written === declared[flag]!.alias);
    const flag = name === undefined ? undefined : declared[name];
    if (name === undefined || flag === undefined) throw new Failure(125, `docker ${command}: unknown flag: ${written}`);
    if (flag.takes === 'nothing') {
      if (equals >= 0) throw new Failure(125, `docker ${command}: flag ${written} takes no value here: ${word}`);
      flags[name]!.push('');
      continue;
    }
    const value = equals < 0 ? queue.shift() : word.slice(equals + 1);
    if (value === undefined) throw new Failure(125, `docker ${command}: flag needs an argument: ${written}`);
    if (flag.takes === 'value' && flags[name]!.length > 0)
      throw new Failure(125, `docker ${command}: flag ${written} given twice`);
    const problem = flag.check?.(value) ?? null;
    if (problem !== null) throw new Failure(125, `invalid argument "${value}" for "${written}" flag: ${problem}`);
    flags[name]!.push(value);
  }
  return { flags, rest };
}

/** The only value of a flag that must be there. */
export function required(command: string, parsed: Arguments, name: string): string {
  const value = parsed.flags[name]?.[0];
  if (value === undefined) throw new Failure(125, `docker ${command}: only supported with --${name}`);
  return value;
}

/** A check for a flag of which only some values are known. */
export function oneOf(...values: string[]): (value: string) => string | null {
  return (value) =>
    values.includes(value) ? null : `only ${values.join(' and ')} ${values.length > 1 ? 'are' : 'is'} supported`;
}

/** What is wrong with a `--label KEY=VALUE`, or null. */
export function labelProblem(value: string): string | null {
  return /^[^=]+(=|$)/.test(value) ? null : 'invalid label';
}
