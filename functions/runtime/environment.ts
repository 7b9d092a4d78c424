/**
 * A variable that the stack gives this function, read at import: a function that was deployed without it fails at once and says which.
 */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`);
  return value;
}
