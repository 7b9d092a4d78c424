import { LONGEST_MESSAGE } from '../../functions/contract/errors.ts';

/** `{% … %}`: how a definition marks a JSONata expression. */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}');
}

/** The inside of an expression, or plain text as a JSONata string literal: both can then stand inside a larger expression. */
export function term(value: string): string {
  return isExpression(value) ? `(${value.slice(2, -2).trim()})` : JSON.stringify(value);
}

export function expression(text: string): string {
  return `{% ${text} %}`;
}

/**
 * Name of a child execution: unique for 90 days also when the state is retried, at most 80 characters of [A-Za-z0-9_-]. A name that was
 * used before is refused for ever, so a retry needs its own.
 */
export function executionName(stem: string): string {
  return expression(
    `$substring($replace(${term(stem)}, /[^A-Za-z0-9_-]/, '-'), 0, 67) & '-' & ` +
      `$string($states.context.State.RetryCount) & '-' & $substring($uuid(), 0, 8)`,
  );
}

/** Causes are cut at 32,768 characters, and a cut JSON text cannot be parsed: only whole ones are, others are searched. */
const WHOLE = "$length($c) < 32000 and $substring($c, 0, 1) = '{' and $substring($c, -1) = '}'";

/**
 * `{ name, message }` of what a Catch caught (`$states.errorOutput`): a failed child arrives as States.TaskFailed with its description
 * as Cause, a failed agent under its own name with a JSON Cause, anything else as it is.
 */
export const FAILURE = expression(
  `($e := $states.errorOutput; $c := $exists($e.Cause) ? $string($e.Cause) : ''; $whole := ${WHOLE}; ` +
    `$p := $whole ? $parse($c) : {}; $found := $match($c, /"Error":"([A-Za-z.]+)"/, 1); ` +
    `{ 'name': $e.Error = 'States.TaskFailed' ? ($exists($p.Error) ? $p.Error : $exists($found) ? $found.groups[0] : $e.Error) : $e.Error, ` +
    `'message': $substring($exists($p.errorMessage) ? $p.errorMessage : $exists($p.Cause) ? $p.Cause : $c, 0, ${LONGEST_MESSAGE}) })`,
);
