import { valuesOfKey } from './condition-keys.ts';
import { comparison, ValueInvalid } from './operators.ts';

/** What a request carries: values by the lower-case names of condition keys. */
export type Context = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Whether a condition holds for a request. */
export type Condition = (context: Context) => boolean;

/** Notes what the engine does not know, with the place in the document. */
export type Complain = (path: string, message: string) => void;

/** Reads a Condition element: every operator and every key must hold. What is not known is complained about. */
export function parseConditions(block: unknown, path: string, complain: Complain): Condition[] {
  if (block === undefined) return [];
  if (!isObject(block)) {
    complain(path, 'must be an object');
    return [];
  }
  return Object.entries(block).flatMap(([operator, keys]) => {
    const here = `${path}.${operator}`;
    if (!isObject(keys)) {
      complain(here, 'must be an object of condition keys');
      return [];
    }
    return Object.entries(keys).map(([key, value]) => {
      const condition = parseCondition({ operator, key, value }, (message) => complain(`${here}.${key}`, message));
      return condition ?? (() => false);
    });
  });
}

function parseCondition(
  { operator, key, value }: { operator: string; key: string; value: unknown },
  complain: (message: string) => void,
): Condition | undefined {
  const values = textsOf(value);
  const many = valuesOfKey(key);
  const [, quantifier, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(operator) ?? [];
  if (many === undefined) complain(`the engine does not know the condition key ${key}`);
  if (values === undefined) return void complain('must be a text or a list of texts');
  const lower = key.toLowerCase();
  if (operator === 'Null') return isNull(lower, values, complain);
  try {
    const compared = comparison(name, values);
    if (compared === undefined) return void complain(`the engine does not know the condition operator ${operator}`);
    const missing = ifExists !== undefined || compared.negated;
    if (quantifier !== undefined) return quantified(quantifier, lower, compared.holds, ifExists !== undefined);
    if (many === 'many') return void complain(`${key} has several values: ForAllValues or ForAnyValue must say how they count`);
    return (context) => {
      const actual = context[lower];
      return actual === undefined ? missing : compared.holds(actual as string);
    };
  } catch (error) {
    if (!(error instanceof ValueInvalid)) throw error;
    return void complain(error.message);
  }
}

/** `ForAllValues` also holds when there is no value, `ForAnyValue` never does. A key with one value is a set of one. */
function quantified(quantifier: string, key: string, holds: (actual: string) => boolean, ifExists: boolean): Condition {
  return (context) => {
    const actual = context[key];
    const all = actual === undefined ? [] : typeof actual === 'string' ? [actual] : actual;
    if (quantifier === 'ForAllValues') return all.every(holds);
    return all.length === 0 ? ifExists : all.some(holds);
  };
}

/** `"true"`: the key must be missing; `"false"`: it must be there. A set without values is missing. */
function isNull(key: string, values: readonly string[], complain: (message: string) => void): Condition | undefined {
  const wanted = new Set(values.map((value) => value.toLowerCase()));
  if ([...wanted].some((value) => value !== 'true' && value !== 'false'))
    return void complain('Null is compared with true or false');
  return (context) => wanted.has(String(isMissing(context[key])));
}

function isMissing(actual: Context[string]): boolean {
  return actual === undefined || (typeof actual !== 'string' && actual.length === 0);
}

/** The texts of a value that is one or a list of them; numbers and truth values are written as JSON has them. */
export function textsOf(value: unknown): string[] | undefined {
  const all = Array.isArray(value) ? value : [value];
  return all.every((one) => ['string', 'number', 'boolean'].includes(typeof one)) ? all.map(String) : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
