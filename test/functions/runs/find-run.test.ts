import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { keys } from '../../../functions/contract/keys.ts';
import { type Handler, WithVault } from '../with-vault.ts';

const vault = WithVault.forThisFile();
const arn = (machine: string, name: string) => `arn:aws:states:eu-west-1:123456789012:execution:shop-backup-${machine}:${name}`;
const RUN = arn('restore', 'run');
const LOCK = {
  schema: 'suite-backup.lock.v1',
  workflow: 'backup',
  since: '2026-11-23T02:00:00Z',
  id: null,
  restoreId: null,
  cleaner: null,
  request: null,
};
const [ONE, OTHER] = [arn('clean-up', 'one'), arn('clean-up', 'other')];

/** Step Functions, which knows what it was told of these; all else runs, started by itself. */
const known = new Map<string, { status: string; input?: string }>();
let states: Server;
let find: Handler;
let take: Handler;
beforeAll(async () => {
  states = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.once('end', () => {
      const { executionArn } = JSON.parse(body) as { executionArn: string };
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ executionArn, status: 'RUNNING', input: '{}', startDate: 0, ...known.get(executionArn) }));
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
  expect(await found(ONE)).toEqual({
    holdsLock: true,
    busy: false,
    restoreId: 'r1',
    recorded: false,
    toldByParent: false,
    state: '',
  });
  expect(await found(OTHER)).toMatchObject({ holdsLock: true, busy: true, restoreId: null });
  expect(await found(ONE)).toMatchObject({ busy: false, restoreId: 'r1' });
  known.set(ONE, { status: 'ABORTED' });
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
  const nothing = { holdsLock: false, busy: false, restoreId: null, recorded: false, toldByParent: false };
  expect(await asked(other)).toEqual({ ...nothing, state: ' Nothing of the suite was changed.' });
  expect(await asked({ ...other, workflow: 'backup' })).toEqual({ ...nothing, state: '' });
});

it('a safety point that died is told by its restore when that died, too; in any case nothing was changed', async () => {
  const backup = { executionArn: arn('backup', 'safety'), cleaner: ONE, workflow: 'backup' };
  const parent = arn('restore', 'parent');
  const input = JSON.stringify({ trigger: 'manual', AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: parent });
  known.set(backup.executionArn, { status: 'ABORTED', input });
  for (const [status, toldByParent] of Object.entries({ RUNNING: false, SUCCEEDED: false, ABORTED: true, TIMED_OUT: true })) {
    known.set(parent, { status });
    expect(await asked(backup), status).toMatchObject({ toldByParent, state: ' Nothing of the suite was changed.' });
  }
  await vault.put(keys.lock('shop'), JSON.stringify({ ...LOCK, executionArn: backup.executionArn }));
  expect(await asked({ ...backup, workflow: 'verify' }), 'by the next run, whatever that is').toMatchObject({
    holdsLock: true,
    toldByParent: true,
    state: ' Nothing of the suite was changed.',
  });
});
