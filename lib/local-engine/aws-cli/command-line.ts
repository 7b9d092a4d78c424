import type { ChecksumAlgorithm, Destination } from './upload.ts';

/** What a command line asks for. */
export type Command =
  | { kind: 'version' }
  | {
      kind: 'copy';
      to: Destination;
      noOverwrite: boolean;
      onlyShowErrors: boolean;
      expectedSize: number | undefined;
      checksumAlgorithm: ChecksumAlgorithm;
    };

/** A command line that is not the one this stand-in knows. */
export class UsageError extends Error {}

const ALGORITHMS: readonly string[] = ['CRC32', 'CRC64NVME', 'SHA256'] satisfies ChecksumAlgorithm[];

/** Reads `s3 cp - s3://BUCKET/KEY` with its flags; throws a {@link UsageError} that names anything else. */
export function parseCommandLine(words: string[]): Command {
  if (words.length === 1 && words[0] === '--version') return { kind: 'version' };
  const [service, subcommand, ...rest] = words;
  if (service !== 's3') throw new UsageError(`Unknown command: ${service ?? '(none)'}`);
  if (subcommand !== 'cp') throw new UsageError(`Unknown subcommand: s3 ${subcommand ?? '(none)'}`);
  const operands: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    if (!word.startsWith('--')) {
      operands.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (flags.has(name)) throw new UsageError(`Flag given twice: ${name}`);
    if (name === '--no-overwrite' || name === '--only-show-errors') {
      if (equals >= 0) throw new UsageError(`Flag takes no value: ${word}`);
      flags.set(name, '');
    } else if (name === '--expected-size' || name === '--checksum-algorithm') {
      const value = equals < 0 ? rest[++at] : word.slice(equals + 1);
      if (!value) throw new UsageError(`Flag needs a value: ${name}`);
      flags.set(name, value);
    } else {
      throw new UsageError(`Unknown options: ${word}`);
    }
  }
  return {
    kind: 'copy',
    to: destination(operands),
    noOverwrite: flags.has('--no-overwrite'),
    onlyShowErrors: flags.has('--only-show-errors'),
    expectedSize: size(flags.get('--expected-size')),
    checksumAlgorithm: algorithm(flags.get('--checksum-algorithm')),
  };
}

function destination(operands: string[]): Destination {
  const [from, to, ...more] = operands;
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(to ?? '');
  if (from !== '-' || !match || match[2]!.endsWith('/') || more.length > 0) {
    throw new UsageError(`Only "s3 cp - s3://BUCKET/KEY" is known, not: s3 cp ${operands.join(' ')}`);
  }
  return { bucket: match[1]!, key: match[2]! };
}

function size(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--expected-size is not a number of bytes: ${text}`);
  return Number(text);
}

function algorithm(text: string | undefined): ChecksumAlgorithm {
  if (text === undefined) return 'CRC32';
  if (!ALGORITHMS.includes(text)) throw new UsageError(`--checksum-algorithm is none of ${ALGORITHMS.join(', ')}: ${text}`);
  return text as ChecksumAlgorithm;
}
