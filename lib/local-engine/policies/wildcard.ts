export type Matcher = (text: string) => boolean;

/**
 * Compiles a pattern of policies: `*` stands for any text, also over the colons and slashes of an ARN, `?` for any one character.
 * Everything else is itself. `lowerCase`: the texts that will be asked about are in lower case, as names of actions are compared.
 */
export function wildcard(pattern: string, { lowerCase = false } = {}): Matcher {
  const wanted = lowerCase ? pattern.toLowerCase() : pattern;
  if (wanted === '*') return () => true;
  if (!/[*?]/.test(wanted)) return (text) => text === wanted;
  const source = wanted
    .replace(/[\\^$.|+()[\]{}/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 'su');
  return (text) => expression.test(text);
}

/** Whether any of the patterns matches. */
export function anyOf(matchers: readonly Matcher[]): Matcher {
  return (text) => matchers.some((matches) => matches(text));
}

/** As ArnEquals and ArnLike compare: each of the six parts of an ARN for itself, so that a `*` ends at a colon of the first five. */
export function arnPattern(pattern: string): Matcher {
  const parts = arnParts(pattern).map((part) => wildcard(part));
  return (text) => {
    const actual = arnParts(text);
    return actual.length === parts.length && parts.every((matches, index) => matches(actual[index]!));
  };
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
