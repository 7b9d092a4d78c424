import { createHash, randomUUID } from 'node:crypto';
import type { Expression } from 'jsonata';

/** AWS refuses one element more with the memory error (measured by others; the limit itself is not documented). */
const LONGEST_RANGE = 360_145;
const ALGORITHMS: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/**
 * Adds the six functions of Step Functions to an expression. As on AWS a fractional argument is cut towards zero, and arguments
 * that make no sense (a chunk size of 0, a step in the wrong direction, no algorithm) yield nothing, which then fails the field.
 */
export function registerFunctions(expression: Expression): void {
  expression.registerFunction('parse', (json?: string) => (json === undefined ? undefined : JSON.parse(json)), '<s:x>');
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('hash', hash, '<ss?:s>');
  expression.registerFunction('range', range, '<nnn?:x>');
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('random', random, '<n?:n>');
}

function hash(text?: string, algorithm?: string): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined;
  const name = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (name === undefined) throw new Error(`$hash knows ${Object.keys(ALGORITHMS).join(', ')}, not ${algorithm}`);
  return createHash(name).update(text, 'utf8').digest('hex');
}

/** From `start` to `end`, which is included when the step lands on it. A range of one is the bare number, as on AWS. */
function range(start?: number, end?: number, step?: number): number | number[] | undefined {
  if (start === undefined || end === undefined || step === undefined) return undefined;
  const [first, last, stride] = [Math.trunc(start), Math.trunc(end), Math.trunc(step)];
  const length = Math.floor((last - first) / stride) + 1;
  if (!Number.isFinite(length) || length < 1) return undefined;
  if (length > LONGEST_RANGE) throw new Error('Expression evaluation memory limit exceeded');
  const numbers = Array.from({ length }, (_, index) => first + index * stride);
  return length === 1 ? numbers[0] : numbers;
}

function partition(items?: unknown[], chunkSize?: number): unknown[][] | undefined {
  const size = Math.trunc(chunkSize ?? 0);
  if (items === undefined || items.length === 0 || size < 1) return undefined;
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** 0 ≤ n < 1. With a seed it is the first `nextDouble()` of java.util.Random, bit for bit what AWS answers. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  const mask = (1n << 48n) - 1n;
  let state = (BigInt(Math.trunc(seed)) ^ 0x5deece66dn) & mask;
  const next = (bits: bigint) => {
    state = (state * 0x5deece66dn + 0xbn) & mask;
    return state >> (48n - bits);
  };
  return Number((next(26n) << 27n) + next(27n)) / 2 ** 53;
}
