import type * as z from 'zod';

/**
 * A variable that the stack gives this function, read at import: a function that was deployed without it fails at once and says which.
 */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

/** A variable that holds JSON; null when the stack does not give it. */
export function optional<Value>(name: string, schema: z.ZodType<Value>): Value | null {
  const value = process.env[name];
  return value === undefined || value === '' ? null : schema.parse(JSON.parse(value));
}
