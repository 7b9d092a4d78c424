import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readKeys } from '../../../functions/runtime/keys.ts';

const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/key-a1B2c3';

/** What Secrets Manager answers to every question: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
let answer: { status: number; body: unknown };
const server = createServer((_request, response) => {
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer.body));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const [name, value] of [
    ['AWS_REGION', 'us-east-1'],
    ['AWS_ACCESS_KEY_ID', 'a'],
    ['AWS_SECRET_ACCESS_KEY', 'b'],
    ['AWS_MAX_ATTEMPTS', '1'],
    ['PRIVATE_KEY_SECRET', ARN],
  ] as const)
    vi.stubEnv(name, value);
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});
afterEach(() => vi.stubEnv('PRIVATE_KEY_SECRET', ARN));

describe('the keys of an agent', () => {
  it('are what the secret holds, as text or as bytes', async () => {
    answer = { status: 200, body: { SecretString: `${IDENTITY}\n` } };
    expect((await readKeys()).ageIdentities).toHaveLength(1);
    answer = { status: 200, body: { SecretBinary: Buffer.from(IDENTITY).toString('base64') } };
    expect((await readKeys()).ageIdentities).toHaveLength(1);
  });

  it.each([
    ['that is not there, or has no value', 'ResourceNotFoundException'],
    ['that the role may not read', 'AccessDeniedException'],
    ['whose KMS key is disabled, or may not be used', 'DecryptionFailure'],
    ['that is marked to be deleted', 'InvalidRequestException'],
  ])('are missing with a secret %s: its name and the reason are told', async (_, name) => {
    answer = { status: 400, body: { __type: name, message: 'because' } };
    await expect(readKeys()).rejects.toMatchObject({
      name: 'KeyMissing',
      message: `The secret shop/key cannot be read (${name}): because`,
    });
  });

  it('are not called missing when the service only stumbles', async () => {
    answer = { status: 400, body: { __type: 'ThrottlingException', message: 'slow down' } };
    await expect(readKeys()).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  it('are missing where the suite file names no secret', async () => {
    vi.stubEnv('PRIVATE_KEY_SECRET', '');
    await expect(readKeys()).rejects.toMatchObject({ name: 'KeyMissing', message: expect.stringContaining('suite file') });
  });
});
