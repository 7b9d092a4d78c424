import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { LONGEST_MESSAGE, NamedError } from '../../../functions/contract/errors.ts';
import { required } from '../../../functions/runtime/environment.ts';
import { agent } from '../../../functions/runtime/handler.ts';

const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 1000 };
const schema = z.object({ id: z.string() });
let written: string[];

beforeEach(() => {
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function errorOf(work: () => unknown, event: unknown = { id: 'x' }): Promise<Error> {
  return agent(schema, work)(event, CONTEXT).then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: Error) => error,
  );
}

describe('a handler', () => {
  it('gives the parsed event to its work, and back what that returned', async () => {
    const handler = agent(schema, ({ id }) => ({ seen: id }));
    expect(await handler({ id: 'x', more: 1 }, CONTEXT)).toEqual({ seen: 'x' });
  });

  it('refuses an event that does not fit, by name', async () => {
    expect(await errorOf(() => 1, { id: 7 })).toMatchObject({ name: 'ParameterInvalid', message: expect.stringContaining('id') });
  });

  it('lets a named error pass', async () => {
    const error = await errorOf(() => {
      throw new NamedError('SourceEmpty', 'nothing there');
    });
    expect(error).toMatchObject({ name: 'SourceEmpty', message: 'nothing there' });
  });

  it('calls anything else Unexpected and keeps what it said', async () => {
    const error = await errorOf(() => {
      throw Object.assign(new Error('no such bucket'), { name: 'NoSuchBucket' });
    });
    expect(error).toMatchObject({ name: 'Unexpected', message: 'NoSuchBucket: no such bucket' });
  });

  it.each([
    ['AccessDenied', 'AccessDenied'],
    ['AccessDeniedException', 'AccessDenied'],
    ['DisabledException', 'KeyUnusable'],
    ['KMSInvalidStateException', 'KeyUnusable'],
    ['KMS.DisabledException', 'KeyUnusable'],
    ['KMS.NotFoundException', 'KeyUnusable'],
  ])('gives what a service calls %s the name %s', async (name, ours) => {
    const error = await errorOf(() => {
      throw Object.assign(new Error('why'), { name });
    });
    expect([error.name, error.message]).toEqual([ours, 'why']);
  });

  it('never throws a message that would be cut on its way', async () => {
    const error = await errorOf(() => {
      throw new NamedError('DumpFailed', 'x'.repeat(100_000));
    });
    expect(error.message).toHaveLength(LONGEST_MESSAGE);
    // A Cause ends at 32,768 characters, its JSON included.
    expect(LONGEST_MESSAGE).toBeLessThan(16_384);
  });

  it('logs lines of JSON without the event', async () => {
    await agent(schema, () => 1)({ id: 'https://secret.example/?X-Amz-Signature=1' }, CONTEXT);
    expect(written.map((line) => JSON.parse(line).message)).toEqual(['started', 'finished']);
    expect(written.join('')).not.toContain('secret');
  });
});

describe('a variable of the environment', () => {
  it('is named when it is missing or empty', () => {
    vi.stubEnv('BUCKET', '');
    expect(() => required('BUCKET')).toThrow('BUCKET');
    vi.stubEnv('BUCKET', 'vault');
    expect(required('BUCKET')).toBe('vault');
  });
});
