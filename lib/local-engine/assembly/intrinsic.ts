/** Thrown inside a value that cannot be resolved; becomes one problem at the place of that value. */
export class Unresolvable extends Error {}

/** The intrinsic function that an object of a template stands for, if it is one. */
export function intrinsicOf(value: unknown): { name: string; argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, argument] = entry;
  return name === 'Ref' || name.startsWith('Fn::') ? { name, argument } : undefined;
}

/** @throws Unresolvable for a text that CloudFormation would look up elsewhere */
export function withoutDynamicReference(value: string): string {
  if (value.includes('{{resolve:')) throw new Unresolvable('the engine does not resolve dynamic references ({{resolve:…}})');
  return value;
}

/** @throws Unresolvable for what is no plain value */
export function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Unresolvable('a text is needed where a list or an object stands');
}

export function splitOnce(whole: string, separator: string): [string, string | undefined] {
  const at = whole.indexOf(separator);
  return at < 0 ? [whole, undefined] : [whole.slice(0, at), whole.slice(at + separator.length)];
}
