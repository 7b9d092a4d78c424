import { ServiceError } from '../service-error.ts';

/** The parameters of one API call. A parameter that is not known here is a ValidationException that names it. */
export class Request {
  readonly #action: string;
  readonly #params: Record<string, unknown>;

  constructor(action: string, params: unknown, known: string[]) {
    if (typeof params !== 'object' || params === null || Array.isArray(params))
      throw new ServiceError('ValidationException', `${action}: no parameters`);
    const stray = Object.keys(params).find((name) => !known.includes(name));
    if (stray !== undefined) throw new ServiceError('ValidationException', `${action}: parameter ${stray} is not supported here`);
    this.#action = action;
    this.#params = params as Record<string, unknown>;
  }

  refuse(name: string, what: string): ServiceError {
    return new ServiceError(
      'ValidationException',
      `${this.#action}: ${name} must be ${what}, not ${JSON.stringify(this.#params[name])}`,
    );
  }

  text(name: string): string {
    const value = this.#params[name];
    if (typeof value !== 'string' || value === '') throw this.refuse(name, 'a string');
    return value;
  }

  optionalText(name: string): string | null {
    return this.#params[name] === undefined ? null : this.text(name);
  }

  integer(name: string, from: number, to: number, otherwise: number): number {
    const value = this.#params[name] ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to)
      throw this.refuse(name, `${from} to ${to}`);
    return value;
  }

  texts(name: string): string[] | null {
    const value = this.#params[name];
    if (value === undefined) return null;
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw this.refuse(name, 'a list of strings');
    return value;
  }

  flag(name: string): boolean {
    const value = this.#params[name] ?? false;
    if (typeof value !== 'boolean') throw this.refuse(name, 'true or false');
    return value;
  }

  object(name: string): Record<string, unknown> {
    const value = this.#params[name] ?? {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.refuse(name, 'an object');
    return value as Record<string, unknown>;
  }

  /** Filters, by key. The service spells their members `key` and `value`, Step Functions `Key` and `Value`. */
  filters(name: string, known: string[]): Map<string, string> {
    const value = this.#params[name] ?? [];
    if (!Array.isArray(value)) throw this.refuse(name, 'a list');
    return new Map(
      value.map((filter: Record<string, unknown>) => {
        const { key, Key = key, value: text, Value = text, ...more } = filter;
        if (typeof Key !== 'string' || !known.includes(Key))
          throw new ServiceError('InvalidFilterKey', `${this.#action}: filter ${String(Key)} is not supported here`);
        if (typeof Value !== 'string' || Object.keys(more).length > 0)
          throw this.refuse(name, 'filters of one key and one value');
        return [Key, Value] as const;
      }),
    );
  }

  /** Filters of one key and several values. */
  valueFilters(name: string, known: string[]): Map<string, string[]> {
    const value = this.#params[name] ?? [];
    if (!Array.isArray(value)) throw this.refuse(name, 'a list');
    return new Map(
      value.map(({ Key, Values, ...more }: Record<string, unknown>) => {
        if (typeof Key !== 'string' || !known.includes(Key))
          throw new ServiceError(
            'InvalidInstanceInformationFilterValue',
            `${this.#action}: filter ${String(Key)} is not supported here`,
          );
        if (!Array.isArray(Values) || Object.keys(more).length > 0)
          throw this.refuse(name, 'filters of one key and a list of values');
        return [Key, Values.map(String)] as const;
      }),
    );
  }

  /** One page of a list, by MaxResults and NextToken (an offset). */
  page<T>(list: T[], most = 50): { items: T[]; next: { NextToken?: string } } {
    const size = this.integer('MaxResults', 1, most, most);
    const token = this.optionalText('NextToken') ?? '0';
    if (!/^[0-9]+$/.test(token)) throw new ServiceError('InvalidNextToken', `${this.#action}: ${token} is no token of this list`);
    const end = Number(token) + size;
    return { items: list.slice(Number(token), end), next: end < list.length ? { NextToken: String(end) } : {} };
  }
}
