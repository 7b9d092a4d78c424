import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Vault } from '../../../functions/runtime/vault.ts';
import { ACCESS_KEY, startS3, type TestS3, VERSIONED } from '../../lib/local-engine/s3/s3-server.ts';

let s3: TestS3;
let vault: Vault;
beforeAll(async () => {
  s3 = await startS3({ vault: VERSIONED });
  vault = new Vault('vault', s3.client);
});
afterAll(() => s3.stop());

async function all<T>(generator: AsyncGenerator<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of generator) items.push(item);
  return items;
}

describe('what does not exist', () => {
  it('is undefined, however it is asked for', async () => {
    expect(await vault.getText('none')).toBeUndefined();
    expect(await vault.getJson('none')).toBeUndefined();
    expect(await vault.head('none')).toBeUndefined();
  });

  it('is an error when it is the bucket itself', async () => {
    await expect(new Vault('elsewhere', s3.client).getText('none')).rejects.toThrow();
  });
});

describe('an object', () => {
  it('is put once: the second one is told that something is there, and changes nothing', async () => {
    const stored = await vault.putOnce('once', 'first');
    expect(stored).toMatchObject({ etag: expect.stringMatching(/./), versionId: expect.stringMatching(/./) });
    expect(await vault.putOnce('once', 'second')).toBe(false);
    expect(await vault.getText('once')).toBe('first');
  });

  it('counts as put when the answer was lost and the SDK asked again', async () => {
    const client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', credentials: ACCESS_KEY, maxAttempts: 2 });
    let lost = 0;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (lost++ === 0) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' });
        return answer;
      },
      { step: 'deserialize', priority: 'high' },
    );
    expect(await new Vault('vault', client).putOnce('lost', 'mine')).toMatchObject({ versionId: expect.stringMatching(/./) });
    expect(lost).toBeGreaterThan(1);
    client.destroy();
  });

  it('is replaced only by who knows what is there', async () => {
    const first = await vault.putOnce('lock', '1');
    if (!first) throw new Error('The lock was taken.');
    const second = await vault.replace('lock', '2', first.etag);
    expect(second).toMatchObject({ etag: expect.not.stringMatching(first.etag) });
    expect(await vault.replace('lock', '3', first.etag)).toBe(false);
    expect(await vault.getText('lock')).toBe('2');
    expect(await vault.remove('lock', first.etag)).toBe(false);
    expect(await vault.remove('lock', second ? second.etag : '')).toBe(true);
    expect(await vault.replace('lock', '4', first.etag)).toBe(false);
    expect(await vault.getText('lock')).toBeUndefined();
  });

  it('has versions that can be read, tagged and found under their ids', async () => {
    const stored = await vault.putOnce('point', 'content');
    if (!stored) throw new Error('The point was there.');
    expect(await vault.head('point', stored.versionId)).toMatchObject({ bytes: 7, versionId: stored.versionId });
    await vault.tag('point', stored.versionId, { retention: 'daily' });
    expect(await vault.tagsOf('point', stored.versionId)).toEqual({ retention: 'daily' });
    const range = await vault.openRange('point', stored.versionId, 1, 3);
    expect(await range?.transformToString()).toBe('ont');
    await vault.remove('point');
    expect(await vault.getText('point', stored.versionId)).toBe('content');
    expect(await all(vault.listVersions('point'))).toMatchObject([
      { versionId: stored.versionId, isLatest: false, isMarker: false },
      { isLatest: true, isMarker: true },
    ]);
  });
});

describe('a listing', () => {
  it('goes on behind a key, in the order of the keys', async () => {
    for (const key of ['list/b', 'list/a', 'list/c', 'other']) await vault.putOnce(key, key);
    expect((await all(vault.list('list/'))).map(({ key }) => key)).toEqual(['list/a', 'list/b', 'list/c']);
    expect((await all(vault.list('list/', 'list/a'))).map(({ key }) => key)).toEqual(['list/b', 'list/c']);
  });

  it('asks for no more pages than are read', async () => {
    let requests = 0;
    s3.client.middlewareStack.add((next) => (args) => next(args).finally(() => requests++), {
      step: 'initialize',
      name: 'count',
    });
    for await (const _ of vault.list('list/')) break;
    s3.client.middlewareStack.remove('count');
    expect(requests).toBe(1);
  });
});
