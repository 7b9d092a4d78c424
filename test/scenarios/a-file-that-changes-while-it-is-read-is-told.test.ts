import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import type { Check } from '../support/contract.ts';
import { createHost } from '../support/host.ts';
import { quoted } from '../support/replaced-tools.ts';
import type { Folder, TestHost, Volume } from '../support/test-host.ts';

let host: TestHost;
let volume: Volume;
let files: Folder;
let suite: Suite;

const STEADY = ['steady', 'sub/steady'];

beforeAll(async () => {
  host = await createHost();
  volume = await host.volume('busy');
  files = await host.directory({});
  suite = await createSuite({
    host,
    suite: {
      sources: {
        volumes: [{ name: 'busy', volume: volume.name }],
        files: [{ name: 'config', directory: files.folder, include: ['*.env'] }],
      },
    },
  });
});
afterAll(() => host.remove());
beforeEach(async () => {
  // The first one alone is more than a pipe holds: when its beginning has come, tar has not read the rest.
  const names = ['grows', 'replaced', 'gone-before', 'gone-after', 'same-time', 'sub/becomes-a-link', ...STEADY];
  await volume.write({
    'a-big': Buffer.alloc(4_000_000, 'x'),
    ...Object.fromEntries(names.map((name) => [name, `first ${name}`])),
  });
  await files.write({ 'a.env': 'A=1', 'b.env': 'B=2' });
});
afterEach(() => host.hostTool.reset());

/** `before` runs when the tree was listed but not read yet, `during` when the archive has begun: in the folder of the source. */
const whileArchiving = (folder: string, before: string, during: string) => `
  [[ " $* " == *${quoted(`--directory=${folder} `)}* ]] || exec "$REAL" "$@"
  cd -- ${quoted(folder)}
  ${before}
  "$REAL" "$@" | { head -c 600000; ${during}; cat; }
  exit "\${PIPESTATUS[0]}"`;

const BEFORE = 'echo more >>grows; echo second >new && mv new replaced; rm gone-before; echo born >born';
const DURING = `truncate -s 10 a-big
  echo changed >same-time && touch -d '2020-02-02' same-time
  rm sub/becomes-a-link && ln -s steady sub/becomes-a-link
  rm gone-after; echo late >late`;

it('as a warning for each such entry, while all others are compared strictly; the point is proven', async () => {
  await host.hostTool.replace('tar', whileArchiving(volume.folder, BEFORE, DURING));
  const backup = await provenBackup(suite);
  expect(backup.warnings).toEqual([{ name: 'FileChanged', source: 'busy', message: expect.stringContaining(volume.name) }]);
  const { checks } = (await succeed(suite, 'show', backup.point!.id)).json.proofs[0]!;
  const own = checks.filter(({ kind, source }) => kind === 'files' && source === 'busy');
  const warned = own.filter(({ severity }) => severity === 'warning');
  for (const { name, ok, message } of warned)
    expect([ok, message]).toEqual([false, expect.stringContaining(`${name} changed while it was read`)]);
  // Whether the archive still got what came or went depends on tar; what it did not get, it cannot warn of.
  const certain = ['a-big', 'grows', 'replaced', 'same-time', 'sub/becomes-a-link'];
  const possible = [...certain, '.', 'sub', 'gone-after', 'born', 'late'];
  expect(warned.map(({ name }) => name)).toEqual(expect.arrayContaining(certain));
  expect(possible).toEqual(expect.arrayContaining(warned.map(({ name }) => name)));
  expect(summary(own)).toMatchObject({
    ok: true,
    severity: 'failure',
    actual: { different: 0, changedWhileRead: warned.length },
  });
});

function summary(checks: Check[]): Check {
  return checks.find(({ name }) => name === 'all entries')!;
}

it('but what nobody touched must be in the archive as it was, or the point is not proven', async () => {
  // The archiver reads a wrong steady file and gives it back: only its content tells.
  await host.hostTool.replace(
    'tar',
    `[[ " $* " == *${quoted(`--directory=${volume.folder} `)}* ]] || exec "$REAL" "$@"
     echo more >>${quoted(`${volume.folder}/grows`)}
     "$REAL" "$@" | sed 's/first sub.steady/FIRST sub.steady/'
     exit "\${PIPESTATUS[0]}"`,
  );
  const { backup } = await failedBackup(suite, 5, 'VerificationFailed');
  expect(backup.point!.reason).toMatchObject({ name: 'FilesMismatch', source: 'busy' });
  const { checks } = (await succeed(suite, 'show', backup.point!.id)).json.proofs[0]!;
  const own = checks.filter(({ kind, source }) => kind === 'files' && source === 'busy');
  expect(own.filter(({ severity, ok }) => severity === 'failure' && !ok).map(({ name }) => name)).toEqual([
    'sub/steady',
    'all entries',
  ]);
  expect(own.find(({ name }) => name === 'sub/steady')!.message).toBe('sub/steady has another content in the archive.');
  expect(own.find(({ name }) => name === 'grows')).toMatchObject({ severity: 'warning' });
});

it('a file that a pattern had found and that is gone when it is read fails the run by name', async () => {
  await host.hostTool.replace('tar', whileArchiving(files.folder, 'rm b.env', ':'));
  const { backup } = await failedBackup(suite, 3, 'ArchiveFailed');
  expect(backup.error!.problems).toEqual([
    { path: 'files-config', value: 'ArchiveFailed', message: expect.stringMatching(/b\.env: Cannot stat: No such file/) },
  ]);
  await host.hostTool.reset();
  await provenBackup(suite);
});
