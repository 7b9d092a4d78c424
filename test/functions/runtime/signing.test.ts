import { beforeAll, expect, it } from 'vitest';
import type { Signing } from '../../../functions/runtime/signing.ts';
import { WithVault } from '../with-vault.ts';

WithVault.forThisFile();
let signing: Signing;
beforeAll(async () => {
  const module = await import('../../../functions/runtime/signing.ts');
  signing = new module.Signing();
});

const DOCUMENT = { schema: 'x.v1', id: '1', sources: [{ name: 'a', bytes: 1 }] };

it('a document is what was signed, also with the checksum that it gets afterwards', async () => {
  const signed = await signing.sign(DOCUMENT);
  expect(await signing.problemWith(JSON.parse(JSON.stringify({ ...signed, checksum: 'abc' })))).toBe(null);
});

it.each([
  ['another value', (text: string) => text.replace('"bytes":1', '"bytes":2')],
  ['another field', (text: string) => text.replace('"bytes":1', '"bytes":1,"more":1')],
  ['one field less', (text: string) => text.replace(',"bytes":1', '')],
])('with %s it is not', async (_, change) => {
  const text = JSON.stringify(await signing.sign(DOCUMENT));
  expect(change(text)).not.toBe(text);
  expect(await signing.problemWith(JSON.parse(change(text)))).toBe('is not what was signed');
});

it('nor with the signature of another one, without any, or with a signature of another key', async () => {
  const signed = await signing.sign(DOCUMENT);
  const other = await signing.sign({ ...DOCUMENT, id: '2' });
  expect(await signing.problemWith({ ...signed, signature: other.signature })).toBe('is not what was signed');
  expect(await signing.problemWith(DOCUMENT)).toBe('has no signature');
  expect(await signing.problemWith({ ...signed, signature: null })).toBe('has no signature');
  const foreign = { ...signed, signature: { ...signed.signature, key: 'arn:aws:kms:us-east-1:111111111111:key/x' } };
  expect(await signing.problemWith(foreign)).toMatch(/^is signed with arn:aws:kms:us-east-1:111111111111:key\/x, not with/);
});
