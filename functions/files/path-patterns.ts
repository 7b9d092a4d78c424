/**
 * Which names of an inventory patterns choose, as functions/restore/unpack.sh asks tar for them. As in .gitignore: `*` stays within a name,
 * `**` does not (nor does any other wildcard of a pattern that has one); without a slash in it a pattern holds at any depth; what lies below a
 * folder that matches comes with it.
 */
export function chosenBy(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => true;
  const expressions = patterns.map(expressionOf);
  return (name) => name !== '.' && expressions.some((expression) => expression.test(name));
}

function expressionOf(pattern: string): RegExp {
  const whole = Buffer.from(pattern, 'utf8').toString('latin1');
  let text = whole.replace(/^\.\//, '').replace(/\/$/, '');
  let atAnyDepth = !text.includes('/') && text !== '**';
  text = text.replace(/\/\*\*$/, '');
  if (/^\*\*\/[^/]*$/.test(text)) {
    text = text.slice(3);
    atAnyDepth = true;
  }
  const crosses = text.includes('**') && !atAnyDepth;
  return new RegExp(`^${atAnyDepth ? '(?:.*/)?' : ''}${translate(text.replace(/^\//, ''), crosses)}(?:/.*)?$`, 's');
}

function translate(pattern: string, crosses: boolean): string {
  const [any, one] = crosses ? ['.*', '.'] : ['[^/]*', '[^/]'];
  return pattern.replace(/\/\*\*\/|\*+|\?|\\(.)|\[([!^]?)(\]?[^\]]*)\]|[^*?[\\]|./gs, (found, escaped, negated, set) => {
    if (found === '/**/') return '/(?:.*/)?';
    if (found.startsWith('*')) return any;
    if (found === '?') return one;
    if (set !== undefined) return `${crosses ? '' : '(?!/)'}[${negated ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    return (escaped ?? found).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
}
