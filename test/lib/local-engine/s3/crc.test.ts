import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { compositeChecksum, fullObjectChecksum, startDigest } from '../../../../lib/local-engine/s3/checksums.ts';
import { CRC32, CRC32C, CRC64NVME, combineCrc, RunningCrc } from '../../../../lib/local-engine/s3/crc.ts';

const KINDS = { CRC32, CRC32C, CRC64NVME };
const BYTES = Buffer.concat(Array.from({ length: 50 }, (_, i) => createHash('sha512').update(String(i)).digest()));

function crc(kind: keyof typeof KINDS, bytes: Buffer): string {
  const running = new RunningCrc(KINDS[kind]);
  running.update(bytes);
  return running.digest().toString('hex');
}

// The check values of the catalogue of parametrised CRC algorithms, for the nine digits.
test.each([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
] as const)('%s of 123456789 is %s', (kind, expected) => {
  expect(crc(kind, Buffer.from('123456789'))).toBe(expected);
});

test('any alignment and any cut give the same CRC as zlib does', () => {
  for (let start = 0; start < 9; start++) {
    for (const end of [start, start + 1, start + 7, start + 8, start + 23, BYTES.length]) {
      expect(crc('CRC32', BYTES.subarray(start, end))).toBe(crc32(BYTES.subarray(start, end)).toString(16).padStart(8, '0'));
    }
  }
  const running = new RunningCrc(CRC64NVME);
  for (let at = 0; at < BYTES.length; at += 13) running.update(BYTES.subarray(at, at + 13));
  expect(running.digest().toString('hex')).toBe(crc('CRC64NVME', BYTES));
});

test.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)('%s of a whole follows from its parts', (kind) => {
  for (const cut of [0, 1, 100, BYTES.length]) {
    const [first, second] = [BYTES.subarray(0, cut), BYTES.subarray(cut)];
    const combined = combineCrc(
      KINDS[kind],
      Buffer.from(crc(kind, first), 'hex'),
      Buffer.from(crc(kind, second), 'hex'),
      second.length,
    );
    expect(combined.toString('hex')).toBe(crc(kind, BYTES));
  }
});

test('10,000 parts are combined in less than two seconds', () => {
  const started = performance.now();
  fullObjectChecksum(
    'CRC64NVME',
    Array.from({ length: 10_000 }, () => ({ value: 'rosUhgp5mIg=', size: 8 * 1024 ** 2 })),
  );
  expect(performance.now() - started).toBeLessThan(2000);
});

// A composite checksum that S3 itself answered for three parts with these SHA-256 values.
test('a composite SHA-256 is the hash of the hashes of the parts', () => {
  const parts = [
    'lcKa6Boe7a167tUCN5C4OaFygGSYD8MBnBARTrdL+1w=',
    'gHjhbUT4oo2tSCtSZJdlKi+jeNXJT+VImqdPXsXvkOc=',
    '4l9PQ3zOPZ0oGFvknFX+J4zZwE4WMzO+l3r8XrbWOeM=',
  ];
  expect(compositeChecksum('SHA256', parts)).toEqual({
    algorithm: 'SHA256',
    type: 'COMPOSITE',
    value: 'rVWtNbadtsaKXJAcgWPWjifHzJaXde/iV4jaJAOdivc=-3',
  });
});

test('the checksum of nothing is that of an empty input', () => {
  expect(startDigest('CRC32').digest().toString('base64')).toBe('AAAAAA==');
  expect(startDigest('CRC64NVME').digest().toString('base64')).toBe('AAAAAAAAAAA=');
});
