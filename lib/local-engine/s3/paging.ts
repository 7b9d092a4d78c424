import { S3Error } from './s3-error.ts';

const LARGEST_PAGE = 1000;

/** `max-keys`, `max-parts` and the like: 1,000 unless fewer are wanted. Throws `InvalidArgument`. */
export function pageSize(value: string | undefined, name: string): number {
  if (value === undefined) return LARGEST_PAGE;
  if (!/^\d{1,10}$/.test(value)) throw new S3Error('InvalidArgument', `Provided ${name} not an integer or within integer range`);
  return Math.min(Number(value), LARGEST_PAGE);
}

/** The part of a key up to and with the first delimiter behind the prefix: keys that share it are shown as one. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
