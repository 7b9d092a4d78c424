/** A pattern that uses something this engine does not know. */
export class PatternInvalid extends Error {}

/**
 * Whether an event matches an EventBridge pattern. Known matchers: exact values, `prefix`, `suffix`, `exists`, `equals-ignore-case` and
 * `anything-but` with values or a prefix. A value that is a list in the event matches when one of its items does.
 */
export function matchesPattern(pattern: Record<string, unknown>, event: Record<string, unknown>): boolean {
  return Object.entries(pattern).every(([name, expected]) => {
    const actual = event[name];
    if (Array.isArray(expected)) return expected.some((matcher) => matchesValue(matcher, actual));
    const nested = typeof actual === 'object' && actual !== null ? (actual as Record<string, unknown>) : {};
    return matchesPattern(expected as Record<string, unknown>, nested);
  });
}

/** @throws PatternInvalid for a pattern that the engine could only misread */
export function checkPattern(pattern: unknown, path = ''): void {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
    throw new PatternInvalid(`${path || 'the pattern'} must be an object`);
  }
  for (const [name, expected] of Object.entries(pattern)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (name.startsWith('$')) throw new PatternInvalid(`the engine does not know ${here}`);
    if (Array.isArray(expected)) for (const matcher of expected) checkMatcher(matcher, here);
    else checkPattern(expected, here);
  }
}

function checkMatcher(matcher: unknown, path: string): void {
  if (typeof matcher !== 'object' || matcher === null) return;
  const [name, ...others] = Object.keys(matcher);
  if (name === undefined || others.length > 0) throw new PatternInvalid(`a matcher of ${path} must have one member`);
  const argument = (matcher as Record<string, unknown>)[name];
  if (['prefix', 'suffix', 'equals-ignore-case'].includes(name) && typeof argument === 'string') return;
  if (name === 'exists' && typeof argument === 'boolean') return;
  if (name === 'anything-but') {
    if (typeof argument !== 'object' || argument === null) return;
    if (Array.isArray(argument) && argument.every((item) => typeof item !== 'object')) return;
    if ('prefix' in argument && Object.keys(argument).length === 1 && typeof argument.prefix === 'string') return;
  }
  throw new PatternInvalid(`the engine does not know the matcher ${JSON.stringify(matcher)} of ${path}`);
}

function matchesValue(matcher: unknown, actual: unknown): boolean {
  if (typeof matcher === 'object' && matcher !== null && 'exists' in matcher) return matcher.exists === (actual !== undefined);
  if (Array.isArray(actual)) return actual.some((item) => matchesValue(matcher, item));
  if (typeof matcher !== 'object' || matcher === null) return matcher === actual;
  const [name, argument] = Object.entries(matcher)[0] as [string, unknown];
  if (name === 'anything-but') return actual !== undefined && !excluded(argument, actual);
  if (typeof actual !== 'string') return false;
  if (name === 'prefix') return actual.startsWith(argument as string);
  if (name === 'suffix') return actual.endsWith(argument as string);
  return actual.toLowerCase() === (argument as string).toLowerCase();
}

function excluded(argument: unknown, actual: unknown): boolean {
  if (Array.isArray(argument)) return argument.includes(actual);
  if (typeof argument === 'object' && argument !== null) return matchesValue(argument, actual);
  return argument === actual;
}
