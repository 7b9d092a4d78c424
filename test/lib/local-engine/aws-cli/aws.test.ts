import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCESS_KEY, refusal, startS3, type TestS3, VERSIONED } from '../s3/s3-server.ts';

const MIB = 1024 ** 2;
const AWS = new URL('../../../../lib/local-engine/aws-cli/aws.ts', import.meta.url).pathname;
const Bucket = 'vault';
const block = (size: number) => Buffer.alloc(size, createHash('sha512').update(String(size)).digest());
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let server: TestS3;
let scratch: string;
beforeAll(async () => {
  server = await startS3({ [Bucket]: VERSIONED });
  scratch = mkdtempSync(join(tmpdir(), 'aws-cli-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const environment = (endpoint = server.endpoint): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: ACCESS_KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: ACCESS_KEY.secretAccessKey,
  AWS_SESSION_TOKEN: ACCESS_KEY.sessionToken,
});

function start(
  words: string[],
  env = environment(),
  stdin: 'pipe' | number = 'pipe',
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [AWS, ...words], { env, stdio: [stdin, 'pipe', 'pipe'] });
  // A child that ends early leaves a broken pipe, which is part of some tests.
  child.stdin?.on('error', () => {});
  const ended = Promise.all([once(child, 'close'), text(child.stdout!), text(child.stderr!)]).then(
    ([[code], stdout, stderr]) => ({
      code: code as number | null,
      stdout,
      stderr,
    }),
  );
  return { child, ended };
}

async function copy(key: string, bytes: Buffer, ...flags: string[]): Promise<Ended> {
  const { child, ended } = start(['s3', 'cp', '-', `s3://${Bucket}/${key}`, '--no-overwrite', ...flags]);
  child.stdin!.end(bytes);
  return ended;
}

const read = async (Key: string) => {
  const answer = await server.client.send(new GetObjectCommand({ Bucket, Key }));
  return { ...answer, bytes: Buffer.from(await answer.Body!.transformToByteArray()) };
};
const head = (Key: string) => server.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
const openUploads = async () => (await server.client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];

test.each([
  ['nothing', 0, /^"[0-9a-f]{32}"$/],
  ['a few bytes', 5, /^"[0-9a-f]{32}"$/],
  ['exactly 8 MiB', 8 * MIB, /^"[0-9a-f]{32}"$/],
  ['one byte more', 8 * MIB + 1, /-2"$/],
  ['40 MiB', 40 * MIB, /-5"$/],
])('%s from standard input arrives whole', async (what, size, etag) => {
  const ended = await copy(`whole/${what}`, block(size), '--only-show-errors');
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
  const stored = await read(`whole/${what}`);
  expect(sha256(stored.bytes)).toBe(sha256(block(size)));
  expect(stored.ETag).toMatch(etag);
  expect(await openUploads()).toEqual([]);
});

test('standard input may be a file', async () => {
  const path = join(scratch, 'input');
  writeFileSync(path, block(9 * MIB));
  const { ended } = start(['s3', 'cp', '-', `s3://${Bucket}/from-file`, '--no-overwrite'], environment(), openSync(path, 'r'));
  expect((await ended).code).toBe(0);
  expect(sha256((await read('from-file')).bytes)).toBe(sha256(block(9 * MIB)));
});

test('a key with blanks and letters beyond ASCII arrives under its name', async () => {
  expect((await copy('ordner/größe (1)+&.zst', Buffer.from('x'))).code).toBe(0);
  expect((await read('ordner/größe (1)+&.zst')).bytes.toString()).toBe('x');
});

test.each([
  ['CRC32', 'ChecksumCRC32', 'COMPOSITE'],
  ['SHA256', 'ChecksumSHA256', 'COMPOSITE'],
  ['CRC64NVME', 'ChecksumCRC64NVME', 'FULL_OBJECT'],
] as const)('--checksum-algorithm %s is kept with the object', async (algorithm, field, type) => {
  expect((await copy(`sum/${algorithm}`, block(10 * MIB), '--checksum-algorithm', algorithm)).code).toBe(0);
  const facts = await head(`sum/${algorithm}`);
  expect([typeof facts[field], facts.ChecksumType]).toEqual(['string', type]);
});

test('--expected-size makes the parts large enough', async () => {
  expect((await copy('expected', block(20 * MIB), `--expected-size=${100_000 * MIB}`)).code).toBe(0);
  expect((await head('expected')).ETag).toMatch(/-2"$/);
});

test.each([
  ['a small', 5],
  ['a large', 10 * MIB],
])('%s upload to an existing key ends with 0, in silence, and changes nothing', async (_what, size) => {
  const key = `taken/${size}`;
  await server.client.send(new PutObjectCommand({ Bucket, Key: key, Body: 'there first' }));
  expect(await copy(key, block(size))).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await read(key)).bytes.toString()).toBe('there first');
  expect(await openUploads()).toEqual([]);
});

test.each([
  [['s3', 'ls'], 's3 ls'],
  [['ec2', 'describe-instances'], 'ec2'],
  [['s3', 'cp', 's3://b/k', '-'], 's3://b/k -'],
  [['s3', 'cp', '-', 's3://b/'], 's3://b/'],
  [['s3', 'cp', '-', 's3://b/k', 's3://b/l'], 's3://b/l'],
  [['s3', 'cp', '-', 's3://b/k', '--sse', 'aws:kms'], '--sse'],
  [['s3', 'cp', '-', 's3://b/k', '--expected-size', 'much'], 'much'],
  [['s3', 'cp', '-', 's3://b/k', '--expected-size'], '--expected-size'],
  [['s3', 'cp', '-', 's3://b/k', '--checksum-algorithm', 'MD5'], 'MD5'],
  [[], 'none'],
])('aws %j is a usage error that names what it does not know', async (words, name) => {
  const { ended } = start(words);
  const { code, stderr } = await ended;
  expect(code).toBe(252);
  expect(stderr).toContain(name);
});

test('aws --version says which CLI it stands in for', async () => {
  const { code, stdout } = await start(['--version']).ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^aws-cli\/2\.33\.0 \(stand-in\) /);
});

test.each([
  ['no endpoint', { AWS_ENDPOINT_URL: undefined }, 'AWS_ENDPOINT_URL'],
  ['an endpoint that is not local http', { AWS_ENDPOINT_URL: 'https://s3.amazonaws.com' }, 'AWS_ENDPOINT_URL'],
  ['no credentials', { AWS_ACCESS_KEY_ID: undefined }, 'AWS_ACCESS_KEY_ID'],
])('with %s nothing is sent anywhere', async (_what, change, name) => {
  const { code, stderr } = await start(['s3', 'cp', '-', `s3://${Bucket}/k`], { ...environment(), ...change }).ended;
  expect(code).toBe(253);
  expect(stderr).toContain(name);
});

test('a refusal is reported with its code and ends with 1', async () => {
  const { child, ended } = start(['s3', 'cp', '-', 's3://nowhere/k', '--no-overwrite']);
  child.stdin!.end('x');
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toContain(
    'upload failed: - to s3://nowhere/k An error occurred (NoSuchBucket) when calling the PutObject operation',
  );
});

test('a server that dies half way is a failure and not a silence', async () => {
  const dying = createServer((request, response) => {
    request.on('data', () => {});
    if (request.url?.includes('uploads=')) response.end('<R><UploadId>u</UploadId></R>');
    else dying.close().closeAllConnections();
  });
  await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(dying.address() as AddressInfo).port}`;
  const { child, ended } = start(['s3', 'cp', '-', `s3://${Bucket}/k`, '--no-overwrite'], environment(endpoint));
  child.stdin!.end(block(20 * MIB));
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toContain('upload failed');
});

test('a part that fails twice is sent a third time', async () => {
  const tries = new Map<string, number>();
  const flaky = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://x');
    const attempt = (tries.get(search) ?? 0) + 1;
    tries.set(search, attempt);
    let bytes = 0;
    for await (const chunk of request) bytes += (chunk as Buffer).length;
    if (search === '?uploads=') return response.end('<R><UploadId>u</UploadId></R>');
    if (search.includes('partNumber=2') && attempt < 3)
      return response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    return response.setHeader('etag', `"${pathname}-${bytes}"`).end('<R/>');
  });
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(flaky.address() as AddressInfo).port}`;
  const { child, ended } = start(['s3', 'cp', '-', `s3://${Bucket}/k`, '--no-overwrite'], environment(endpoint));
  child.stdin!.end(block(9 * MIB));
  expect((await ended).code).toBe(0);
  expect(tries.get('?partNumber=2&uploadId=u')).toBe(3);
  flaky.close().closeAllConnections();
});

test.each([
  ['SIGTERM', 1],
  ['SIGINT', 130],
] as const)('%s half way leaves no object and no upload', async (signal, code) => {
  const key = `stopped/${signal}`;
  const { child, ended } = start(['s3', 'cp', '-', `s3://${Bucket}/${key}`, '--no-overwrite']);
  child.stdin!.write(block(20 * MIB));
  const uploads = join(server.directory, Bucket, 'uploads');
  const partsStored = () =>
    readdirSync(uploads).flatMap((id) => readdirSync(join(uploads, id)).filter((name) => /^part-.*json$/.test(name)));
  await expect.poll(partsStored, { timeout: 10_000 }).toHaveLength(2);
  child.kill(signal);
  const result = await ended;
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(signal);
  expect(await refusal(head(key))).toEqual({ name: 'NotFound', status: 404 });
  expect(await openUploads()).toEqual([]);
});

test('SIGTERM before the first part leaves nothing either', async () => {
  const { child, ended } = start(['s3', 'cp', '-', `s3://${Bucket}/early`, '--no-overwrite']);
  child.stdin!.write('x');
  await expect.poll(() => child.kill('SIGTERM') && child.exitCode === null, { timeout: 10_000 }).toBe(false);
  await ended;
  expect(await refusal(head('early'))).toEqual({ name: 'NotFound', status: 404 });
});

test('400 MiB need no more than 130 MB of memory', async () => {
  const producer = spawn('head', ['-c', String(400 * MIB), '/dev/zero'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const words = [AWS, 's3', 'cp', '-', `s3://${Bucket}/large`, '--no-overwrite'];
  const child = spawn(process.execPath, words, { env: environment(), stdio: [producer.stdout, 'ignore', 'inherit'] });
  let peak = 0;
  const exitCode = (): number | null => {
    peak = Math.max(peak, highWaterMegabytes(child.pid!));
    return child.exitCode;
  };
  await expect.poll(exitCode, { timeout: 180_000, interval: 20 }).toBe(0);
  expect((await head('large')).ContentLength).toBe(400 * MIB);
  expect(peak).toBeGreaterThan(30);
  expect(peak).toBeLessThan(130);
}, 240_000);

/** The most memory a process had so far; 0 once it is gone. */
function highWaterMegabytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
