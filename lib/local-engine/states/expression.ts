import jsonata from 'jsonata';

/** Which of the sometimes-there parts of `$states` a field may read. AWS refuses the others when the machine is created. */
export interface Readable {
  result?: boolean;
  errorOutput?: boolean;
}

type Node = { [key: string]: unknown; type?: unknown; value?: unknown };

/** The JSONata inside a string that is `{% … %}` from its first to its last character, otherwise undefined: a plain string. */
export function expressionIn(text: string): string | undefined {
  return /^\{%([\s\S]*)%\}$/.exec(text)?.[1]?.trim();
}

/** Everything wrong with a string of a definition; nothing for a plain string. */
export function problemsOfText(text: string, readable: Readable): string[] {
  const expression = expressionIn(text);
  if (expression !== undefined) return problemsOfExpression(expression, readable);
  const half = text.startsWith('{%') || text.endsWith('%}') || /\{%[\s\S]*%\}/.test(text);
  return half ? [`'{%' and '%}' must be the first and the last characters of the string: ${JSON.stringify(text)}`] : [];
}

function problemsOfExpression(expression: string, readable: Readable): string[] {
  let tree: unknown;
  try {
    tree = jsonata(expression).ast();
  } catch (error) {
    const { message, position } = error as { message: string; position?: number };
    return [`JSONata syntax error in '${expression}'${position === undefined ? '' : ` at character ${position}`}: ${message}`];
  }
  const problems: string[] = [];
  inspect(tree, true, readable, (message) => problems.push(`${message} in '${expression}'`));
  return [...new Set(problems)];
}

/**
 * Walks a syntax tree. `top` is true where no path step or predicate has set a context item: an expression runs without one,
 * so a bare name there reads nothing and AWS refuses it (`phone` where `$states.input.phone` was meant).
 */
function inspect(node: unknown, top: boolean, readable: Readable, report: (message: string) => void): void {
  if (Array.isArray(node)) {
    for (const part of node) inspect(part, top, readable, report);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { type, value, ...parts } = node as Node;
  if (type === 'variable' && value === '$') report("reference to '$$' is not supported");
  if (type === 'variable' && value === 'eval') report("'$eval' is not available, use '$parse'");
  if (type === 'name' && top) report(`reference to '${value}' at the top level is not supported`);
  if (type === 'path') {
    const [first, second] = parts.steps as Node[];
    const read = first?.type === 'variable' && first.value === 'states' ? second?.value : undefined;
    if (read === 'result' && !readable.result) report("'$states.result' cannot be read here");
    if (read === 'errorOutput' && !readable.errorOutput) report("'$states.errorOutput' cannot be read here");
  }
  for (const [key, part] of Object.entries(parts)) {
    if (key !== 'steps') {
      inspect(part, top && !SETS_A_CONTEXT.has(key), readable, report);
      continue;
    }
    const [first, ...later] = part as Node[];
    inspect(first, top, readable, report);
    inspect(later, false, readable, report);
  }
}

/** The parts of a syntax tree that are evaluated once per item, with that item as their context. */
const SETS_A_CONTEXT = new Set(['stages', 'predicate', 'group', 'terms', 'pattern', 'update', 'delete']);
