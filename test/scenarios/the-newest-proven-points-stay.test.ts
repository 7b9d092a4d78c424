import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ageHome } from '../support/aged-home.ts';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { createHost } from '../support/host.ts';
import type { TestHost, Volume } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let uploads: Volume;
let suite: Suite;
/** Two points that are proven, and no more. */
let floor: [string, string];

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', { 'invoices.txt': 'invoice '.repeat(10), 'drawing.bin': noise(3_000_000) });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
  floor = [await proven(), await proven()];
});
afterAll(() => host.remove());

/** Text that does not compress to nothing. */
function noise(bytes: number): string {
  return Array.from({ length: bytes / 10 }, () => Math.random().toString(36).slice(2, 12).padEnd(10, 'x')).join('');
}

async function proven(): Promise<string> {
  const { json, stderr } = await suite.run('backup');
  expect(json.outcome, stderr).toBe('proven');
  return json.point!.id;
}

/** Points that are stored; of a run that failed the list tells long after its point is gone. */
async function listed() {
  const { points } = (await suite.run('list')).json;
  return points.filter(({ state }) => state !== 'failed').map(({ id, state, retention }) => [id, state, retention?.hold]);
}
const floorAsListed = () => floor.toReversed().map((id) => [id, 'proven', 'floor']);

it('when every proof fails: nothing unproven counts, and each failure is told', async () => {
  await uploads.write({ 'drawing.bin': 'lost' });
  const failed = [await suite.run('backup'), await suite.run('backup')].map(({ exitCode, json }) => {
    expect([exitCode, json.outcome, json.point?.state]).toEqual([5, 'unproven', 'unproven']);
    return [json.point!.id, 'unproven', 'tier'];
  });
  expect(await listed()).toEqual([...failed.toReversed(), ...floorAsListed()]);
  expect(await alertsOf(suite.home)).toHaveLength(2);
});

it('when nothing is backed up for 60 days: with everything they need, while the others go', async () => {
  ageHome(suite.home, 60);
  expect(await listed()).toEqual(floorAsListed());
  const { exitCode, json } = await suite.run('verify', floor[1]);
  expect([exitCode, json.point?.state, json.point?.retention]).toEqual([
    0,
    'proven',
    { hold: 'floor', tier: 'daily', expiresAt: null },
  ]);
});

it('when an operator unkeeps and prunes everything: that is refused at the floor', async () => {
  const confirmed = ['--confirm', suite.name];
  for (const id of floor) expect((await suite.run('keep', id)).exitCode).toBe(0);
  for (const id of floor) expect((await suite.run('unkeep', id, ...confirmed)).exitCode).toBe(0);
  for (const ids of [floor, [floor[0]]]) {
    const { exitCode, json } = await suite.run('prune', ...ids, ...confirmed);
    expect([exitCode, json.outcome, json.error?.name]).toEqual([7, 'refused', 'FloorReached']);
  }
  ageHome(suite.home, 400);
  expect(await listed()).toEqual(floorAsListed());
});

it('when they cannot be tagged: the old ones stay held, that is told by name, and the next run makes up for it', async () => {
  const assembly = join(suite.home, 'cdk.out');
  await cp(assembly, `${assembly}.whole`, { recursive: true });
  await new EditedAssembly(suite.home, suite.name).withoutRight('apply', 's3:PutObjectVersionTagging');
  await uploads.write({ 'drawing.bin': noise(3_000_000) });
  const told = (await alertsOf(suite.home)).length;
  const { exitCode, json } = await suite.run('backup');
  expect([exitCode, json.error?.name, json.point?.state]).toEqual([1, 'RetentionFailed', 'proven']);
  expect(json.error!.message).toMatch(/AccessDenied.*s3:PutObjectVersionTagging/);
  expect((await alertsOf(suite.home)).slice(told)).toMatchObject([{ message: expect.stringContaining('RetentionFailed') }]);
  const tagged = async (id: string) => (await TamperedVault.open(suite.home)).words(id);
  for (const id of floor) expect(await tagged(id)).toEqual(['pinned']);

  await rm(assembly, { recursive: true });
  await cp(`${assembly}.whole`, assembly, { recursive: true });
  const next = await proven();
  const now = { [floor[0]]: 'yearly', [floor[1]]: 'daily', [json.point!.id]: 'pinned', [next]: 'pinned' };
  for (const [id, word] of Object.entries(now)) expect([id, await tagged(id)]).toEqual([id, [word]]);
  expect(await host.leftovers()).toEqual([]);
});
