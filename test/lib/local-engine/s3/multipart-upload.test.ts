import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MultipartUpload, type Part } from '../../../../lib/local-engine/s3/multipart-upload.ts';

const MIB = 1024 ** 2;
const checksum = { algorithm: 'CRC32', value: 'AAAAAA==', sentByClient: false } as const;

let folder: string;
let upload: MultipartUpload;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'multipart-'));
  mkdirSync(join(folder, 'incoming'));
  const facts = {
    key: 'k',
    uploadId: 'u',
    initiated: '2026-11-23T02:00:00.000Z',
    headers: {},
    tags: [],
    encryption: { algorithm: 'AES256' } as const,
  };
  upload = new MultipartUpload(facts, join(folder, 'upload'), join(folder, 'incoming'));
  await upload.start();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A part whose halves arrive when they are told to. */
function slowPart(number: number, letter: string): { first: Promise<void>; finish: () => Promise<Part> } {
  const half = Buffer.alloc(2.5 * MIB, letter);
  const goOn = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const part = upload.receivePart(number, 5 * MIB, async (write) => {
    await write(half);
    first.resolve();
    await goOn.promise;
    await write(half);
    return { size: 5 * MIB, etag: letter, lastModified: '', checksum };
  });
  part.catch(() => {});
  return {
    first: first.promise,
    finish: () => {
      goOn.resolve();
      return part;
    },
  };
}

test('two attempts at one part that overlap do not mix their bytes', async () => {
  const [slow, fast] = [slowPart(1, 'a'), slowPart(1, 'b')];
  await Promise.all([slow.first, fast.first]);
  await fast.finish();
  const last = await slow.finish();
  expect(upload.parts.get(1)).toBe(last);
  const bytes = readFileSync(await upload.assemble([last]));
  expect(bytes.equals(Buffer.alloc(5 * MIB, 'a'))).toBe(true);
});

test('an attempt that failed leaves its place to the next one', async () => {
  const broken = upload.receivePart(1, 5 * MIB, async (write) => {
    await write(Buffer.alloc(100, 'x'));
    throw new Error('the client went away');
  });
  await expect(broken).rejects.toThrow('the client went away');
  const part = await slowPart(1, 'a').finish();
  expect(part.place).toEqual({ offset: 0 });
  expect(readFileSync(await upload.assemble([part])).equals(Buffer.alloc(5 * MIB, 'a'))).toBe(true);
});

test('a part still arriving when the upload is aborted ends as NoSuchUpload', async () => {
  const slow = slowPart(1, 'a');
  await slow.first;
  await upload.discard();
  await expect(slow.finish()).rejects.toMatchObject({ code: 'NoSuchUpload' });
});
