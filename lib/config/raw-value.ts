import { type Problem, pathText } from './suite-invalid.ts';

/** The file as it is written, before any schema: whatever stands there. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** undefined when nothing stands there, or no such place exists. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part], raw);
}

/** A private key that somebody put where a public one belongs must not be shown, and logged, on top of that. */
const PRIVATE = /AGE-SECRET-KEY-|PRIVATE KEY/i;

export function problem(path: readonly PropertyKey[], raw: unknown, message: string): Problem {
  const value = valueAt(raw, path) ?? null;
  return { path: pathText(path), value: PRIVATE.test(JSON.stringify(value)) ? '(holds a private key)' : value, message };
}
