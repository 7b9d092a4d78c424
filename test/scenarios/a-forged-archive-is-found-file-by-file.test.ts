import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { command, commandBytes } from '../support/command.ts';
import { Forgery } from '../support/forgery.ts';
import { createHost } from '../support/host.ts';
import type { TestHost } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let suite: Suite;
let vault: TamperedVault;
let id: string;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', {
    'invoices/1 \n "x".txt': '100',
    'invoices/2.txt': '200',
    'invoices/3.txt': '300',
    'invoices/4.txt': '400',
    same: 'same',
    link: { link: 'same' },
    empty: { folder: true },
  });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
  const { json } = await suite.run('backup');
  expect(json.outcome).toBe('proven');
  id = json.point!.id;
  vault = await TamperedVault.open(suite.home);
});
afterAll(() => host.remove());

/** Unpacks the archive, runs a script in it and packs it again, sizes and checksums made to fit. */
async function repack(script: string): Promise<void> {
  const folder = await mkdtemp(join(host.workspace, 'tree-'));
  await new Forgery(vault, id).rewrite('uploads', 'archive', async (packed) => {
    const tar = await commandBytes(['zstd', '-dqc'], { input: packed });
    await commandBytes(['tar', '--extract', '--preserve-permissions', '--directory', folder], { input: tar });
    await command(['bash', '-euc', `cd "$1"; ${script}`, 'edit', folder]);
    const again = await commandBytes(['tar', '--create', '--format=gnu', '--numeric-owner', '--directory', folder, '.']);
    return commandBytes(['zstd', '-qc'], { input: again });
  });
  await rm(folder, { recursive: true });
}

async function failedChecks() {
  const before = (await alertsOf(suite.home)).length;
  const { exitCode, json } = await suite.run('verify', id);
  expect([exitCode, json.error?.name, json.proof?.ok]).toEqual([5, 'VerificationFailed', false]);
  expect(json.point).toMatchObject({
    state: 'unproven',
    restorable: false,
    reason: { name: 'FilesMismatch', source: 'uploads' },
  });
  expect((await alertsOf(suite.home)).length).toBe(before + 1);
  expect(await host.leftovers()).toEqual([]);
  return json.proof!.checks.filter(({ ok }) => !ok);
}

it('with a file changed, one missing, one too many and others of another mode, time, target or type', async () => {
  const sealed = await new Forgery(vault, id).manifest();
  const { key } = sealed.sources[0]!.artifacts.find(({ role }) => role === 'archive')!;
  const [archive, manifestKey] = [await vault.read(key), `${suite.name}/recovery-points/${id}.json`];
  const manifest = await vault.read(manifestKey);

  await repack(`
    stat=$(stat --format=%Y invoices); printf 101 >$'invoices/1 \\n "x".txt.new'
    touch --reference=$'invoices/1 \\n "x".txt' $'invoices/1 \\n "x".txt.new'
    chmod --reference=$'invoices/1 \\n "x".txt' $'invoices/1 \\n "x".txt.new'
    mv $'invoices/1 \\n "x".txt.new' $'invoices/1 \\n "x".txt'
    rm invoices/2.txt; printf x >invoices/5.txt; touch --date=@"$stat" invoices
    chmod 600 invoices/3.txt; touch --date=@1000000000 invoices/4.txt
    ln --symbolic --force --no-dereference elsewhere link; rmdir empty; printf x >empty; touch --reference=same .`);
  const failed = await failedChecks();
  const said = new Map(failed.map(({ name, message }) => [name, message.slice(name.length + 1)]));
  expect(Object.fromEntries(said)).toMatchObject({
    'invoices/1 \n "x".txt': 'has another content in the archive.',
    'invoices/2.txt': 'is missing in the archive.',
    'invoices/5.txt': 'is in the archive, but was not in the source.',
    'invoices/3.txt': 'has another mode in the archive.',
    'invoices/4.txt': 'has another mtime in the archive.',
    link: 'links elsewhere in the archive.',
    empty: 'is of another type in the archive.',
  });
  expect(said.has('same')).toBe(false);

  await vault.overwrite(key, archive);
  await vault.overwrite(manifestKey, manifest);
  const again = await suite.run('verify', id);
  expect([again.exitCode, again.json.proof?.ok, again.json.point?.restorable]).toEqual([0, true, true]);
});

it('whose only change is one letter in one file of the same size and time', async () => {
  await repack(`time=$(stat --format=%y same); printf sane >same; touch --date="$time" same`);
  const failed = await failedChecks();
  expect(failed).toMatchObject([
    { kind: 'files', name: 'same', message: 'same has another content in the archive.' },
    { name: 'all entries' },
    { kind: 'signature' },
  ]);
  const next = await suite.run('backup');
  expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
});
