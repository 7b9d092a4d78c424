import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import type { Engine, EngineOptions } from '../../../../lib/local-engine/engine.ts';
import { Keys } from '../../../../lib/local-engine/kms/keys.ts';
import { roleResource } from '../foreign-assembly.ts';
import { scratchFolder, shopOptions, started } from '../foreign-engine.ts';
import { refusal } from '../s3/s3-server.ts';

const shop = {
  Resources: {
    Clerk: roleResource,
    Till: { Type: 'AWS::KMS::Key', Properties: { Description: 'the till', EnableKeyRotation: true } },
    Other: { Type: 'AWS::KMS::Key', Properties: {} },
    Stamp: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } },
    Name: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/till', TargetKeyId: { 'Fn::GetAtt': ['Till', 'Arn'] } } },
  },
  Outputs: Object.fromEntries(['Till', 'Other', 'Stamp'].map((key) => [key, { Value: { 'Fn::GetAtt': [key, 'Arn'] } }])),
};

const disabled = { name: 'DisabledException', status: 400 };
const pending = { name: 'KMSInvalidStateException', status: 400 };
const unknown = { name: 'NotFoundException', status: 400 };

async function opened(options: EngineOptions = shopOptions(shop)) {
  const { engine } = await started(options);
  return { ...clientOf(engine), ...(engine.outputs('Shop') as { Till: string; Other: string; Stamp: string }), options, engine };
}

function clientOf({ endpoint, region, operatorCredentials: credentials }: Engine) {
  const client = new KMSClient({ endpoint, region, credentials, maxAttempts: 1 });
  return {
    client,
    encrypt: async (KeyId: string, EncryptionContext?: Record<string, string>) =>
      (await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret'), EncryptionContext }))).CiphertextBlob!,
    decrypt: async (CiphertextBlob: Uint8Array, EncryptionContext?: Record<string, string>, KeyId?: string) => {
      const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));
      return Buffer.from(Plaintext!).toString();
    },
  };
}

test('what was signed as a digest is a signature of the message for anybody with the public key', async () => {
  const { client, Stamp } = await opened();
  const message = Buffer.from('a whole book');
  const Message = createHash('sha256').update(message).digest();
  const signing = { KeyId: Stamp, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const { Signature, KeyId } = await client.send(new SignCommand(signing));
  const { PublicKey, KeySpec, SigningAlgorithms } = await client.send(new GetPublicKeyCommand({ KeyId: Stamp }));
  expect({ KeyId, KeySpec, SigningAlgorithms }).toEqual({
    KeyId: Stamp,
    KeySpec: 'ECC_NIST_P256',
    SigningAlgorithms: ['ECDSA_SHA_256'],
  });
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
  expect(verify('sha256', message, publicKey, Signature!)).toBe(true);

  expect((await client.send(new VerifyCommand({ ...signing, Signature }))).SignatureValid).toBe(true);
  const raw = { KeyId: Stamp, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  expect((await client.send(new VerifyCommand({ ...raw, Signature }))).SignatureValid).toBe(true);
  const wrong = client.send(new VerifyCommand({ ...raw, Message: Buffer.from('another book'), Signature }));
  expect(await refusal(wrong)).toEqual({ name: 'KMSInvalidSignatureException', status: 400 });
});

test('a message that is too long, a digest of another length and an algorithm of another key are refused', async () => {
  const { client, Stamp, Till } = await opened();
  const signing = { KeyId: Stamp, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const send = (more: object) => refusal(client.send(new SignCommand({ ...signing, Message: Buffer.alloc(32), ...more })));
  expect(await send({ Message: Buffer.alloc(4096) })).toBeUndefined();
  expect(await send({ Message: Buffer.alloc(4097) })).toMatchObject({ name: 'ValidationException' });
  expect(await send({ MessageType: 'DIGEST', Message: Buffer.alloc(31) })).toMatchObject({ name: 'ValidationException' });
  expect(await send({ SigningAlgorithm: 'ECDSA_SHA_384' })).toMatchObject({ name: 'InvalidKeyUsageException' });
  expect(await send({ KeyId: Till })).toMatchObject({ name: 'InvalidKeyUsageException' });
  expect(await send({ DryRun: true })).toMatchObject({ name: 'ValidationException' });
});

test('a ciphertext is opened by its key and its context only', async () => {
  const { client, encrypt, decrypt, Till, Other, Stamp } = await opened();
  const context = { a: '1', b: '2' };
  const sealed = await encrypt(Till, context);
  expect(await decrypt(sealed, { b: '2', a: '1' })).toBe('secret');
  expect(await decrypt(sealed, context, 'alias/till')).toBe('secret');
  const invalid = { name: 'InvalidCiphertextException', status: 400 };
  expect(await refusal(decrypt(sealed, { a: '1' }))).toEqual(invalid);
  expect(await refusal(decrypt(sealed, { a: '2', b: '1' }))).toEqual(invalid);
  expect(await refusal(decrypt(sealed, context, Other))).toEqual({ name: 'IncorrectKeyException', status: 400 });
  const changed = Buffer.from(sealed);
  changed[changed.length - 1]! ^= 1;
  expect(await refusal(decrypt(changed, context))).toEqual(invalid);
  expect(await refusal(decrypt(Buffer.from('nonsense')))).toEqual(invalid);
  expect(await refusal(encrypt(Stamp))).toMatchObject({ name: 'InvalidKeyUsageException' });

  const EncryptionContext = context;
  const dataKey = await client.send(new GenerateDataKeyCommand({ KeyId: Till, KeySpec: 'AES_256', EncryptionContext }));
  expect(dataKey.Plaintext).toHaveLength(32);
  const opening = new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob, EncryptionContext });
  expect((await client.send(opening)).Plaintext).toEqual(dataKey.Plaintext);
});

test('a disabled key does nothing until it is enabled again', async () => {
  const { client, encrypt, decrypt, Till, Stamp } = await opened();
  const sealed = await encrypt(Till);
  for (const KeyId of [Till, Stamp]) await client.send(new DisableKeyCommand({ KeyId }));
  expect(await refusal(encrypt(Till))).toEqual(disabled);
  expect(await refusal(decrypt(sealed))).toEqual(disabled);
  expect(await refusal(client.send(new GetPublicKeyCommand({ KeyId: Stamp })))).toEqual(disabled);
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/till' }));
  expect(KeyMetadata).toMatchObject({ Arn: Till, Enabled: false, KeyState: 'Disabled', Description: 'the till' });
  await client.send(new EnableKeyCommand({ KeyId: Till }));
  expect(await decrypt(sealed)).toBe('secret');
});

test('a key that is to be deleted does nothing, and comes back disabled', async () => {
  const { client, encrypt, decrypt, Till } = await opened();
  const sealed = await encrypt(Till);
  const days = (PendingWindowInDays: number) => client.send(new ScheduleKeyDeletionCommand({ KeyId: Till, PendingWindowInDays }));
  expect(await refusal(days(6))).toMatchObject({ name: 'ValidationException' });
  const { DeletionDate } = await days(7);
  expect(Math.round((DeletionDate!.getTime() - Date.now()) / 86_400_000)).toBe(7);
  const calls = [decrypt(sealed), days(7), client.send(new EnableKeyCommand({ KeyId: Till }))];
  expect(await Promise.all(calls.map(refusal))).toEqual(calls.map(() => pending));
  await client.send(new CancelKeyDeletionCommand({ KeyId: Till }));
  expect(await refusal(decrypt(sealed))).toEqual(disabled);
  await client.send(new EnableKeyCommand({ KeyId: Till }));
  expect(await decrypt(sealed)).toBe('secret');
  expect(await refusal(client.send(new CancelKeyDeletionCommand({ KeyId: Till })))).toEqual(pending);
});

test('when its time has come a key is gone for good', async () => {
  let now = new Date('2026-03-01T12:00:00Z');
  const folder = scratchFolder();
  const key = { id: '11111111-2222-3333-4444-555555555555', spec: 'SYMMETRIC_DEFAULT', description: '', enabled: true };
  const arn = `arn:aws:kms:us-east-1:000000000000:key/${key.id}`;
  const keys = new Keys({ declared: [{ ...key, arn }], aliases: [], folder, clock: () => now });
  keys.change(await keys.usable(arn), { state: 'PendingDeletion', deletionDate: '2026-03-08T12:00:00.000Z' });
  now = new Date('2026-03-08T11:59:59Z');
  expect(keys.find(arn)).toMatchObject({ state: 'PendingDeletion' });
  now = new Date('2026-03-08T12:00:00Z');
  expect(() => keys.find(arn)).toThrow('does not exist');
  now = new Date('2026-03-01T12:00:00Z');
  expect(keys.find(arn).materials).toEqual([]);
});

test('a key that was rotated opens what it sealed before', async () => {
  const { client, encrypt, decrypt, Till, Stamp } = await opened();
  const before = await encrypt(Till);
  await client.send(new RotateKeyOnDemandCommand({ KeyId: Till }));
  expect([await decrypt(before), await decrypt(await encrypt(Till))]).toEqual(['secret', 'secret']);
  const rotation = client.send(new RotateKeyOnDemandCommand({ KeyId: Stamp }));
  expect(await refusal(rotation)).toMatchObject({ name: 'UnsupportedOperationException' });
});

test('keys and their states outlive the engine, in files that only their owner may read', async () => {
  const first = await opened();
  const sealed = await first.encrypt(first.Till);
  await first.client.send(new DisableKeyCommand({ KeyId: first.Other }));
  await first.engine.close();
  const folder = join(first.options.directory, 'engine', 'kms');
  expect(readdirSync(folder)).toHaveLength(2);
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  const second = await opened(first.options);
  expect(await second.decrypt(sealed)).toBe('secret');
  expect(await refusal(second.encrypt(second.Other))).toEqual(disabled);
});

test('whoever loses the file of a key has lost what it sealed and the signatures that it made', async () => {
  const { client, encrypt, decrypt, Till, Stamp, options } = await opened();
  const sealed = await encrypt(Till);
  const signing = { KeyId: Stamp, Message: Buffer.from('x'), SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const { Signature } = await client.send(new SignCommand(signing));
  for (const arn of [Till, Stamp]) rmSync(join(options.directory, 'engine', 'kms', `${arn.split('/')[1]}.json`));
  expect(await refusal(decrypt(sealed))).toMatchObject({ name: 'InvalidCiphertextException' });
  const check = client.send(new VerifyCommand({ ...signing, Signature }));
  expect(await refusal(check)).toMatchObject({ name: 'KMSInvalidSignatureException' });
});

test('an unknown key, alias or action is refused by name', async () => {
  const { client, encrypt, Till } = await opened();
  for (const name of [
    'alias/nobody',
    Till.replace(/.{4}$/, '0000'),
    Till.replace('us-east-1', 'us-west-2'),
    '../../engine.json',
  ]) {
    expect(await refusal(encrypt(name))).toEqual(unknown);
  }
  expect(await refusal(client.send(new CreateKeyCommand({})))).toEqual({ name: 'UnknownOperationException', status: 501 });
});

test('an assembly with keys of another kind is refused', async () => {
  const key = (Properties: object) =>
    shopOptions({ Resources: { Clerk: roleResource, Key: { Type: 'AWS::KMS::Key', Properties } } });
  await expect(opened(key({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }))).rejects.toThrow(/Key .* HMAC_256/);
  await expect(opened(key({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }))).rejects.toThrow(/Key .* RSA_2048/);
  await expect(opened(key({ MultiRegion: true }))).rejects.toThrow(/Key .*MultiRegion/);
});
