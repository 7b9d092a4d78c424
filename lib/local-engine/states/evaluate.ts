import jsonata from 'jsonata';
import { expressionIn } from './expression.ts';
import { registerFunctions } from './functions.ts';

/** AWS gives one expression a second ("Expression evaluation timeout"); here it also ends a recursion without an end. */
const LONGEST_MILLISECONDS = 1000;

/** What an expression can see: the assigned variables as `$name`, and the parts of `$states` that exist where it stands. */
export interface Scope {
  variables: Readonly<Record<string, unknown>>;
  states: { input: unknown; context: unknown; result?: unknown; errorOutput?: unknown };
}

/** An expression failed, yielded nothing, or yielded what its field cannot take: States.QueryEvaluationError at `location`. */
export class EvaluationFailure extends Error {
  readonly location: string;

  constructor(location: string, message: string) {
    super(message);
    this.location = location;
  }
}

/**
 * Replaces every expression in a template, however deep, by its value. `location` names the field, e.g. `Output`; inside it
 * `/key` and `[index]` are added. Throws EvaluationFailure.
 */
export async function evaluate(template: unknown, scope: Scope, location: string): Promise<unknown> {
  if (typeof template === 'string') {
    const expression = expressionIn(template);
    return expression === undefined ? template : evaluateExpression(expression, scope, location);
  }
  if (Array.isArray(template)) {
    const values: unknown[] = [];
    for (const [index, part] of template.entries()) values.push(await evaluate(part, scope, `${location}[${index}]`));
    return values;
  }
  if (typeof template === 'object' && template !== null) {
    const values: [string, unknown][] = [];
    for (const [key, part] of Object.entries(template)) values.push([key, await evaluate(part, scope, `${location}/${key}`)]);
    return Object.fromEntries(values);
  }
  return template;
}

async function evaluateExpression(expression: string, { variables, states }: Scope, location: string): Promise<unknown> {
  const where = `The JSONata expression '${expression}' specified for the field '${location}'`;
  let value: unknown;
  try {
    const compiled = jsonata(expression);
    registerFunctions(compiled);
    limitTime(compiled);
    value = await compiled.evaluate(undefined, { eval: undefined, ...variables, states });
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    throw new EvaluationFailure(location, `${where} threw an error during evaluation. ${code ? `${code}: ` : ''}${message}`);
  }
  if (value === undefined) throw new EvaluationFailure(location, `${where} returned nothing (undefined).`);
  if (isFunction(value)) throw new EvaluationFailure(location, `${where} returned a function.`);
  return toJson(value);
}

function limitTime(expression: jsonata.Expression): void {
  const deadline = performance.now() + LONGEST_MILLISECONDS;
  const before = process.cpuUsage();
  const onEntry = () => {
    if (performance.now() <= deadline) return;
    // On a machine that has no time for us the clock says nothing about the expression.
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 > LONGEST_MILLISECONDS) throw new Error('Expression evaluation timeout');
  };
  // JSONata calls what is bound to this symbol before it evaluates a node; its types only know string names.
  expression.assign(Symbol.for('jsonata.__evaluate_entry') as unknown as string, onEntry);
}

/** A copy that is JSON: JSONata's arrays carry hidden marks, and JSON has no word for NaN and Infinity, which AWS writes as strings. */
function toJson(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.filter(isData).map(toJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, part]) => isData(part))
        .map(([key, part]) => [key, toJson(part)]),
    );
  }
  return value;
}

function isData(value: unknown): boolean {
  return value !== undefined && !isFunction(value);
}

/** JSONata's own functions and lambdas are marked objects. */
function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value);
}
