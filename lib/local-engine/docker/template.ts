import { Failure } from './failure.ts';

/** A value as `docker inspect` gives it. A Map is a free mapping (labels): a missing key is no error there, as in Go. */
export type Value = string | number | boolean | null | undefined | Value[] | Map<string, Value> | { [key: string]: Value };

type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; path: string[] }
  | { kind: 'json'; path: string[] }
  | { kind: 'println'; path: string[] }
  | { kind: 'range'; path: string[]; body: Node[] };

/**
 * Renders the small part of Go's templates that is known here: `{{.A.B}}`, `{{json .A}}`, `{{println .A}}`, `{{range .A}}…{{end}}` and text.
 * Anything else is a Failure with exit code 64 (as Docker's own for a template that cannot be parsed); a field that does not exist one with 1.
 */
export function render(template: string, value: Value): string {
  return nodes(parse(template), value);
}

function parse(template: string): Node[] {
  const open: { path: string[]; body: Node[] }[] = [{ path: [], body: [] }];
  let rest = template;
  for (;;) {
    const start = rest.indexOf('{{');
    if (start !== 0 && rest !== '') open.at(-1)!.body.push({ kind: 'text', text: start < 0 ? rest : rest.slice(0, start) });
    if (start < 0) break;
    const end = rest.indexOf('}}', start);
    if (end < 0) throw malformed('unclosed action');
    const action = rest.slice(start + 2, end).trim();
    rest = rest.slice(end + 2);
    const range = /^range\s+(\S+)$/.exec(action);
    if (range) {
      open.push({ path: path(range[1]!), body: [] });
    } else if (action === 'end') {
      if (open.length === 1) throw malformed('unexpected {{end}}');
      const { path: over, body } = open.pop()!;
      open.at(-1)!.body.push({ kind: 'range', path: over, body });
    } else {
      const [, name, argument] = /^(?:(json|println)\s+)?(\S+)$/.exec(action) ?? [];
      if (argument === undefined) throw malformed(`{{${action}}} is not supported`);
      open.at(-1)!.body.push({ kind: (name as 'json' | 'println' | undefined) ?? 'print', path: path(argument) });
    }
  }
  if (open.length > 1) throw malformed('unexpected EOF');
  return open[0]!.body;
}

function path(text: string): string[] {
  if (text === '.') return [];
  if (!/^(\.[A-Za-z0-9_]+)+$/.test(text)) throw malformed(`"${text}" is not supported`);
  return text.slice(1).split('.');
}

function malformed(message: string): Failure {
  return new Failure(64, `template parsing error: template: :1: ${message}`);
}

function nodes(list: Node[], value: Value): string {
  return list.map((node) => one(node, value)).join('');
}

function one(node: Node, value: Value): string {
  if (node.kind === 'text') return node.text;
  const found = look(node.path, value);
  if (node.kind === 'json') return JSON.stringify(plain(found) ?? null);
  if (node.kind === 'println') return `${print(found)}\n`;
  if (node.kind === 'print') return print(found);
  if (found === null || found === undefined) return '';
  if (Array.isArray(found)) return found.map((item) => nodes(node.body, item)).join('');
  if (found instanceof Map) return [...found.values()].map((item) => nodes(node.body, item)).join('');
  throw new Failure(1, `template parsing error: range can't iterate over ${print(found)}`);
}

function look(names: string[], start: Value): Value {
  let value = start;
  for (const name of names) {
    if (value instanceof Map) {
      value = value.get(name);
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)) {
      value = value[name];
    } else {
      throw new Failure(
        1,
        `template parsing error: template: :1: executing "" at <.${names.join('.')}>: map has no entry for key "${name}"`,
      );
    }
  }
  return value;
}

/** How Go prints a value: maps as `map[a:b]`, lists as `[a b]`. */
function print(value: Value): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
  if (value instanceof Map) return `map[${[...value].map(([key, item]) => `${key}:${print(item)}`).join(' ')}]`;
  if (typeof value === 'object') return `{${Object.values(value).map(print).join(' ')}}`;
  return String(value);
}

function plain(value: Value): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}
