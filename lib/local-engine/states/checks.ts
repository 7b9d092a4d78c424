import { BUILT_IN_ERRORS } from './errors.ts';
import { expressionIn, problemsOfText, type Readable } from './expression.ts';

export type Report = (path: string, message: string) => void;
/** Looks at the value of one field and reports what is wrong with it. */
export type Check = (value: unknown, path: string, report: Report) => void;

/** The longest time of the Amazon States Language in seconds, about three years. */
const LONGEST_SECONDS = 99_999_999;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function checkRecord(value: unknown, path: string, report: Report): value is Record<string, unknown> {
  if (!isRecord(value)) report(path, 'must be a JSON object');
  return isRecord(value);
}

export const anything: Check = () => {};

export const text: Check = (value, path, report) => {
  if (typeof value !== 'string') report(path, 'must be a string');
};

export function oneOf(...allowed: unknown[]): Check {
  return (value, path, report) => {
    if (!allowed.includes(value)) report(path, `must be ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`);
  };
}

export function whole(min: number, max = LONGEST_SECONDS): Check {
  return (value, path, report) => {
    const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    if (!fits) report(path, `must be a whole number from ${min} to ${max}`);
  };
}

export const backoffRate: Check = (value, path, report) => {
  if (typeof value !== 'number' || value < 1) report(path, 'must be a number of at least 1');
};

/** Any JSON value whose strings, however deep, may be expressions. */
export function template(readable: Readable = {}): Check {
  const check: Check = (value, path, report) => {
    if (typeof value === 'string') for (const problem of problemsOfText(value, readable)) report(path, problem);
    if (Array.isArray(value)) for (const [index, part] of value.entries()) check(part, `${path}[${index}]`, report);
    if (isRecord(value)) for (const [key, part] of Object.entries(value)) check(part, `${path}/${key}`, report);
  };
  return check;
}

/** An expression, or else a constant that passes its own check. */
export function expressionOr(constant: Check): Check {
  return (value, path, report) => {
    const problems = typeof value === 'string' ? problemsOfText(value, {}) : [];
    for (const problem of problems) report(path, problem);
    const isExpression = typeof value === 'string' && expressionIn(value) !== undefined;
    if (problems.length === 0 && !isExpression) constant(value, path, report);
  };
}

export function assign(readable: Readable): Check {
  return (value, path, report) => {
    if (!checkRecord(value, path, report)) return;
    for (const name of Object.keys(value)) {
      if (name === 'states') report(`${path}/states`, "the name 'states' is reserved");
      const identifier = /^\p{ID_Start}\p{ID_Continue}*$/u.test(name) && [...name].length <= 80;
      if (!identifier) report(`${path}/${name}`, 'the name of a variable is a Unicode identifier of at most 80 characters');
    }
    template(readable)(value, path, report);
  };
}

export const errorEquals: Check = (value, path, report) => {
  if (!Array.isArray(value) || value.length === 0 || value.some((name) => typeof name !== 'string')) {
    report(path, 'must be a non-empty array of error names');
    return;
  }
  if (value.includes('States.ALL') && value.length > 1) report(path, 'States.ALL must appear alone');
  for (const name of value as string[]) {
    if (name.startsWith('States.') && !BUILT_IN_ERRORS.has(name)) report(path, `there is no built-in error '${name}'`);
  }
};

export const resource: Check = (value, path, report) => {
  if (typeof value !== 'string' || !value.startsWith('arn:')) report(path, 'must be a constant ARN');
  else if (value.endsWith('.waitForTaskToken')) report(path, 'waiting for a task token is not supported by the local engine');
};

export const heartbeat: Check = (_value, path, report) =>
  report(path, 'only a task that sends heartbeats (an activity, .waitForTaskToken) can have it, and the local engine runs none');

/** AWS also accepts an object and walks its entries; what an iteration then gets is not documented for inline maps. */
export const items: Check = (value, path, report) => {
  if (Array.isArray(value)) template()(value, path, report);
  else report(path, 'must be an array or an expression that yields one');
};

export const timestamp: Check = (value, path, report) => {
  if (!isTimestamp(value)) report(path, 'must be an ISO 8601 timestamp such as 2030-01-31T08:00:00Z');
};

/** Whether a value is a timestamp as the language wants it: RFC 3339 with an upper-case T, and Z or an offset. */
export function isTimestamp(value: unknown): value is string {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  return typeof value === 'string' && form.test(value) && !Number.isNaN(Date.parse(value));
}
