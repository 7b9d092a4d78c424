import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { idOf } from '../../../functions/contract/ids.ts';
import type { ReplicaLook } from '../../../functions/contract/replica.ts';
import { VERSIONED } from '../../lib/local-engine/s3/s3-server.ts';
import { until } from '../../support/until.ts';
import { type Handler, WithVault } from '../with-vault.ts';
import { RetainedSuite } from './retained-suite.ts';

const REPLICA = { bucket: 'replica', region: 'us-east-1' };
const vault = WithVault.forThisFile({ REPLICA: JSON.stringify(REPLICA) });
let look: Handler;
let suites = 0;

beforeAll(async () => {
  look = await vault.handler(import('../../../functions/retain/look-at-replica.ts'));
  await vault.s3.s3.createBucket('replica', VERSIONED);
});

const id = (minutesAgo: number) => idOf(new Date(Date.now() - minutesAgo * 60_000));

/** A suite in whose vault a rule replicates from now on. */
async function replicated(): Promise<RetainedSuite> {
  const suite = new RetainedSuite(`shop${suites++}`, { vault, agents: {} as never, definition: {} });
  const rule = {
    Id: 'all',
    Status: 'Enabled',
    Priority: 1,
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: 'arn:aws:s3:::replica' },
  };
  const ReplicationConfiguration = { Role: 'arn:aws:iam::000000000000:role/copier', Rules: [rule] };
  await vault.s3.s3.createBucket('vault', { ...VERSIONED, ReplicationConfiguration });
  return suite;
}

async function replicate(suite: RetainedSuite, point: string): Promise<void> {
  onTestFinished(await vault.s3.s3.startReplication());
  const status = async () =>
    (await vault.s3.client.send(new HeadObjectCommand({ Bucket: 'vault', Key: suite.manifest(point) }))).ReplicationStatus;
  await until(async () => (await status()) === 'COMPLETED', 30_000, 'replicated');
}

/** What the newest look says, which is what the agent answers. */
async function found(suite: RetainedSuite): Promise<ReplicaLook> {
  const { problem } = await look({ suite: suite.name });
  const written = JSON.parse(await vault.text((await vault.keys(`${suite.name}/replica/looks/`)).at(-1)!)) as ReplicaLook;
  expect(written.problem).toBe(problem);
  return written;
}

test('a point is pending until its last object is there, and what is missing is counted', async () => {
  const suite = await replicated();
  const point = await suite.proven(id(1));
  expect(await found(suite)).toMatchObject({ points: [{ id: point, state: 'pending', objects: 4, lacking: 4 }], problem: null });
  await replicate(suite, point);
  expect(await found(suite)).toMatchObject({
    points: [{ id: point, state: 'replicated', lacking: 0, first: null }],
    problem: null,
  });
});

test('an object that somebody took from the replica is missed, however it is with the vault', async () => {
  const suite = await replicated();
  const point = await suite.seal(id(1));
  await replicate(suite, point);
  await vault.s3.client.send(new DeleteObjectCommand({ Bucket: 'replica', Key: suite.archive(point) }));
  const { points, problem } = await found(suite);
  expect([points[0]!.state, problem]).toEqual(['gone', expect.stringContaining(suite.archive(point))]);
});

test('a rule that is gone is noticed with the first point that it does not replicate', async () => {
  const suite = await replicated();
  const before = await suite.seal(id(2));
  await replicate(suite, before);
  await vault.s3.s3.createBucket('vault', VERSIONED);
  const point = await suite.seal(id(1));
  const { points, problem } = await found(suite);
  expect(points.map(({ state }) => state)).toEqual(['unreplicated', 'replicated']);
  expect(problem).toMatch(new RegExp(`^Of ${point}, 3 of 3 objects are not replicated by any rule`));
});

test('a manifest that nobody can read is left to the proofs, and an empty vault has no problem', async () => {
  const suite = await replicated();
  expect(await found(suite)).toMatchObject({ points: [], problem: null });
  await vault.put(suite.manifest(id(1)), 'not JSON');
  expect(await found(suite)).toMatchObject({ points: [], problem: null });
});
