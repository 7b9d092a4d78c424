import type { Frame } from './json.ts';
import { mark, paint, type Style, table } from './text.ts';

/** An error for a person: what happened, each problem with its place, what to do. */
export function errorText(style: Style, error: NonNullable<Frame['error']>): string {
  const rows = error.problems.map(({ path, value, message }) => [`  ${path}`, valueText(value), message]);
  return [
    `${mark(style, 'bad')} ${paint(style, 'bold', error.name)}: ${error.message}`,
    ...(rows.length === 0 ? [] : [table(style, ['  where', 'value', 'problem'], rows)]),
    `  ${paint(style, 'cyan', '→')} ${error.hint}`,
  ].join('\n');
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
