import { type Problem, pathText } from './suite-invalid.ts';

/** The file as it is written, before any schema: whatever stands there. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** undefined when nothing stands there, or no such place exists. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part], raw);
}

export function problem(path: readonly PropertyKey[], raw: unknown, message: string): Problem {
  return { path: pathText(path), value: valueAt(raw, path) ?? null, message };
}
