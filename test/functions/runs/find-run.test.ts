import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { keys } from '../../../functions/contract/keys.ts';
import { type Handler, WithVault } from '../with-vault.ts';

const vault = WithVault.forThisFile();
const arn = (machine: string, name: string) => `arn:aws:states:eu-west-1:123456789012:execution:shop-backup-${machine}:${name}`;
const RUN = arn('restore', 'run');
const [ONE, OTHER] = [arn('clean-up', 'one'), arn('clean-up', 'other')];

/** Step Functions, to whom only the first clean-up is known. */
let states: Server;
let status = 'RUNNING';
let find: Handler;
let take: Handler;
beforeAll(async () => {
  states = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ executionArn: ONE, status, startDate: 0 }));
    });
  });
  await new Promise<void>((resolve) => states.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', `http://127.0.0.1:${(states.address() as AddressInfo).port}`);
  take = await vault.handler(import('../../../functions/runs/take-lock.ts'));
  find = await vault.handler(import('../../../functions/runs/find-run.ts'));
});
afterAll(() => {
  states.closeAllConnections();
  return new Promise((resolve) => states.close(resolve));
});

const asked = (change: object) =>
  find({ suite: 'shop', executionArn: RUN, startedAt: '2026-11-23T02:00:00Z', workflow: 'restore', ...change });
const found = (cleaner: string) => asked({ cleaner });

it('a restore that died is put back by one clean-up alone, until that is dead itself', async () => {
  await take({ suite: 'shop', executionArn: RUN, workflow: 'restore', id: null, restoreId: 'r1', takeOver: false });
  expect(await found(ONE)).toEqual({ holdsLock: true, busy: false, restoreId: 'r1', recorded: false, state: '' });
  expect(await found(OTHER)).toMatchObject({ holdsLock: true, busy: true, restoreId: null });
  expect(await found(ONE)).toMatchObject({ busy: false, restoreId: 'r1' });
  status = 'ABORTED';
  expect(await found(OTHER)).toMatchObject({ busy: false, restoreId: 'r1' });
});

it('a restore that came to its end and only could not give the lock back is not put back: people work with it', async () => {
  const outcome = {
    schema: 'suite-backup.restore-outcome.v1',
    restoreId: 'r1',
    point: '20261123T020000Z',
    what: 'restored',
    ok: true,
    at: '2026-11-24T02:00:00.000Z',
    executionArn: RUN,
    message: '',
    steps: [],
    previous: [],
    seconds: 1,
    safetyPoint: null,
  };
  await vault.put(keys.restoreOutcome('shop', 'r1', '20261124T020000000Z', 'restored'), JSON.stringify(outcome));
  expect(await found(ONE)).toMatchObject({ holdsLock: true, restoreId: null, state: expect.stringContaining('is done') });
});

it('a run that does not hold the lock has nothing to put back, and a restore has touched nothing', async () => {
  const other = { executionArn: arn('restore', 'other'), cleaner: ONE };
  const nothing = { holdsLock: false, busy: false, restoreId: null, recorded: false };
  expect(await asked(other)).toEqual({ ...nothing, state: ' Nothing of the suite was changed.' });
  expect(await asked({ ...other, workflow: 'backup' })).toEqual({ ...nothing, state: '' });
});
