import {
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, signedFetch, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const Bucket = 'kept';
let server: TestS3;
beforeAll(async () => {
  server = await startS3({ [Bucket]: VERSIONED });
});
afterAll(() => server.stop());

const put = async (Key: string, more: object = {}) =>
  (await server.client.send(new PutObjectCommand({ Bucket, Key, Body: 'bytes', ...more }))).VersionId!;
const tagsOf = async (Key: string, VersionId?: string) => {
  const { TagSet } = await server.client.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
  return Object.fromEntries(TagSet!.map((tag) => [tag.Key, tag.Value]));
};
const tag = (Key: string, tags: Record<string, string>, VersionId?: string) => {
  const TagSet = Object.entries(tags).map(([name, Value]) => ({ Key: name, Value }));
  return server.client.send(new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging: { TagSet } }));
};

test('tagging changes the tags and leaves the bytes alone', async () => {
  await put('k', { Tagging: 'a=1&b=two%20words%2B' });
  expect(await tagsOf('k')).toEqual({ a: '1', b: 'two words+' });
  await tag('k', { c: 'é: 1/2' });
  expect(await tagsOf('k')).toEqual({ c: 'é: 1/2' });
  const read = await server.client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(await read.Body!.transformToString()).toBe('bytes');
  expect(read.TagCount).toBe(1);
});

test('each version has tags of its own, and they survive a restart', async () => {
  const first = await put('versions', { Tagging: 'v=1' });
  const second = await put('versions');
  const answer = await tag('versions', { v: 'old' }, first);
  expect(answer.VersionId).toBe(first);
  server.restart();
  expect(await tagsOf('versions', first)).toEqual({ v: 'old' });
  expect(await tagsOf('versions', second)).toEqual({});
});

test('deleting tags leaves the object untagged', async () => {
  await put('untagged', { Tagging: 'a=1' });
  await server.client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'untagged' }));
  expect(await tagsOf('untagged')).toEqual({});
});

test('tags of what is not there are refused', async () => {
  expect(await refusal(tagsOf('absent'))).toEqual({ name: 'NoSuchKey', status: 404 });
  await put('present');
  expect(await refusal(tag('present', { a: '1' }, 'unknown'))).toEqual({ name: 'NoSuchVersion', status: 404 });
});

test('ten tags are accepted, eleven, double and overlong ones are not', async () => {
  await put('limits');
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`tag${i}`, '']));
  await tag('limits', many(10));
  expect(await refusal(tag('limits', many(11)))).toEqual({ name: 'InvalidTag', status: 400 });
  expect(await refusal(tag('limits', { ['k'.repeat(129)]: '' }))).toEqual({ name: 'InvalidTag', status: 400 });
  expect(await refusal(tag('limits', { k: 'v'.repeat(257) }))).toEqual({ name: 'InvalidTag', status: 400 });
  expect(await refusal(put('limits', { Tagging: 'a=1&a=2' }))).toEqual({ name: 'InvalidTag', status: 400 });
  expect(Object.keys(await tagsOf('limits'))).toHaveLength(10);
});

test('a document that is no Tagging changes nothing', async () => {
  await put('broken', { Tagging: 'a=1' });
  for (const body of ['<Tagging>', '<Other/>', '<Tagging/>', 'text']) {
    const answer = await signedFetch(server.endpoint, 'PUT', `/${Bucket}/broken?tagging`, { body });
    expect(answer.text).toContain('<Code>MalformedXML</Code>');
  }
  expect(await tagsOf('broken')).toEqual({ a: '1' });
});
