import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { anyOf, arnPattern, type Matcher, wildcard } from './wildcard.ts';

/** Thrown for a value that an operator cannot compare with. */
export class ValueInvalid extends Error {}

/** How an operator compares: `matches` makes of one value of the policy the question to a value of the request. */
interface Operator {
  matches: (value: string) => Matcher;
  /** Holds when none of the policy's values matches, also when the request has no such key. */
  negated?: true;
}

const equals = (value: string): Matcher => {
  return (actual) => actual === value;
};
const equalsIgnoringCase = (value: string): Matcher => {
  const wanted = value.toLowerCase();
  return (actual) => actual.toLowerCase() === wanted;
};
const like = (value: string): Matcher => wildcard(value);
const bool = (value: string): Matcher => {
  const wanted = value.toLowerCase();
  if (wanted !== 'true' && wanted !== 'false') throw new ValueInvalid(`"${value}" is neither true nor false`);
  return (actual) => actual.toLowerCase() === wanted;
};

type Compare = (actual: number, wanted: number) => boolean;

const numeric = (compare: Compare) => numbers(Number, compare, 'number');
const date = (compare: Compare) => numbers(milliseconds, compare, 'date');

function numbers(read: (text: string) => number, compare: Compare, what: string): (value: string) => Matcher {
  return (value) => {
    const wanted = value.trim() === '' ? Number.NaN : read(value);
    if (Number.isNaN(wanted)) throw new ValueInvalid(`"${value}" is no ${what}`);
    // A value that is no number matches nothing: every comparison with NaN is false.
    return (actual) => compare(read(actual), wanted);
  };
}

/** ISO 8601, or seconds since 1970. */
function milliseconds(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function address(value: string): Matcher {
  const [ip = '', bits] = value.split('/');
  const family = isIPv4(ip) ? 'ipv4' : isIPv6(ip) ? 'ipv6' : undefined;
  if (family === undefined) throw new ValueInvalid(`"${value}" is no address or range`);
  const range = new BlockList();
  range.addSubnet(ip, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  return (actual) => range.check(actual, isIPv6(actual) ? 'ipv6' : 'ipv4');
}

const compared = (name: 'Numeric' | 'Date', by: (compare: Compare) => (value: string) => Matcher): Record<string, Operator> => ({
  [`${name}Equals`]: { matches: by((actual, wanted) => actual === wanted) },
  [`${name}NotEquals`]: { matches: by((actual, wanted) => actual === wanted), negated: true },
  [`${name}LessThan`]: { matches: by((actual, wanted) => actual < wanted) },
  [`${name}LessThanEquals`]: { matches: by((actual, wanted) => actual <= wanted) },
  [`${name}GreaterThan`]: { matches: by((actual, wanted) => actual > wanted) },
  [`${name}GreaterThanEquals`]: { matches: by((actual, wanted) => actual >= wanted) },
});

/** The operators of policies but for `Null`, which looks at no value. */
const OPERATORS: Record<string, Operator> = {
  StringEquals: { matches: equals },
  StringNotEquals: { matches: equals, negated: true },
  StringEqualsIgnoreCase: { matches: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { matches: equalsIgnoringCase, negated: true },
  StringLike: { matches: like },
  StringNotLike: { matches: like, negated: true },
  // AWS: "ArnEquals and ArnLike behave identically."
  ArnEquals: { matches: arnPattern },
  ArnNotEquals: { matches: arnPattern, negated: true },
  ArnLike: { matches: arnPattern },
  ArnNotLike: { matches: arnPattern, negated: true },
  Bool: { matches: bool },
  ...compared('Numeric', numeric),
  ...compared('Date', date),
  IpAddress: { matches: address },
  NotIpAddress: { matches: address, negated: true },
};

/**
 * The question whether one value of a request fulfils an operator with these values of the policy; undefined for an operator that the
 * engine does not know.
 * @throws ValueInvalid
 */
export function comparison(name: string, values: readonly string[]): { holds: Matcher; negated: boolean } | undefined {
  if (!Object.hasOwn(OPERATORS, name)) return undefined;
  const { matches, negated = false } = OPERATORS[name]!;
  const any = anyOf(values.map(matches));
  return { negated, holds: negated ? (actual) => !any(actual) : any };
}
