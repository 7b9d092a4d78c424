import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Handler, WithVault } from '../with-vault.ts';

const vault = WithVault.forThisFile();
const KEY = 'shop/lock.json';
const [ONE, OTHER] = ['one', 'other'].map(
  (name) => `arn:aws:states:eu-west-1:123456789012:execution:shop-backup-backup:${name}`,
) as [string, string];

/** Step Functions, which knows of every execution whether it runs. */
let states: Server;
const statuses = new Map<string, string>();
let take: Handler;
let release: Handler;
beforeAll(async () => {
  states = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { executionArn } = JSON.parse(text) as { executionArn: string };
    const status = statuses.get(executionArn);
    response.writeHead(status ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(status ? { executionArn, status, startDate: 0 } : { __type: 'ExecutionDoesNotExist' }));
  });
  await new Promise<void>((resolve) => states.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', `http://127.0.0.1:${(states.address() as AddressInfo).port}`);
  take = await vault.handler(import('../../../functions/runs/take-lock.ts'));
  release = await vault.handler(import('../../../functions/runs/release-lock.ts'));
});
afterAll(() => {
  states.closeAllConnections();
  return new Promise((resolve) => states.close(resolve));
});
beforeEach(async () => {
  statuses.clear();
  for (const executionArn of [ONE, OTHER]) await release({ suite: 'shop', executionArn });
});

const taken = (executionArn: string, takeOver = false) =>
  take({ suite: 'shop', executionArn, workflow: 'backup', id: null, restoreId: null, takeOver });
const holder = async () => JSON.parse(await vault.text(KEY)).executionArn as string;

describe('the lock of a suite', () => {
  it('is taken by the first, and once more by the same', async () => {
    expect(await taken(ONE)).toEqual({ outcome: 'Taken' });
    expect(await taken(ONE)).toEqual({ outcome: 'Taken' });
    expect(await holder()).toBe(ONE);
  });

  it('is not taken while its holder runs, not even over', async () => {
    await taken(ONE);
    statuses.set(ONE, 'RUNNING');
    expect(await taken(OTHER)).toMatchObject({ outcome: 'LockHeld', holder: ONE });
    expect(await taken(OTHER, true)).toMatchObject({ outcome: 'LockHeld', holder: ONE });
    expect(await holder()).toBe(ONE);
  });

  it.each(['FAILED', 'ABORTED', 'TIMED_OUT', undefined])(
    'of a holder that is %s is taken over, but only after it was cleaned up',
    async (status) => {
      await taken(ONE);
      if (status) statuses.set(ONE, status);
      expect(await taken(OTHER)).toMatchObject({ outcome: 'HolderDead', holder: ONE });
      expect(await holder()).toBe(ONE);
      expect(await taken(OTHER, true)).toEqual({ outcome: 'Taken' });
      expect(await holder()).toBe(OTHER);
    },
  );

  it('is released by its holder only', async () => {
    await taken(ONE);
    expect(await release({ suite: 'shop', executionArn: OTHER })).toEqual({ released: false });
    expect(await holder()).toBe(ONE);
    expect(await release({ suite: 'shop', executionArn: ONE })).toEqual({ released: true });
    expect(await vault.keys(KEY)).toEqual([]);
  });
});
