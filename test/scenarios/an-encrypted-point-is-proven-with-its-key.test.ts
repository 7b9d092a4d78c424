import { readFile } from 'node:fs/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../functions/contract/manifest.ts';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import type { Documents } from '../support/contract.ts';
import { modeOn, putKeys } from '../support/encrypted-suite.ts';
import { type EncryptionMode, modesHere } from '../support/encryption-modes.ts';
import { createHost } from '../support/host.ts';
import type { Folder, Postgres, TestHost, Volume } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let db: Postgres;
let uploads: Volume;
let config: Folder;

/** Words that stand in rows, names and files, and so in dumps, lists and fingerprints: none may be readable in the vault. */
const WORDS = ['confidential_table', 'confidential row', 'confidential-file', 'confidential content', 'confidential_role'];
const EVERYTHING = `select md5(string_agg(t::text, ',' order by id)) from confidential_table t; select count(*) from pg_class where relname = 'later'`;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', {});
  config = await host.directory({});
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql(
    'shop',
    `create role confidential_role login password 'secret';
     create table confidential_table (id int primary key, note text not null);`,
  );
});
afterAll(() => host.remove());

/** All that differs between the modes is what decrypts: what is restored in part, and plain SQL, the first of them shows. */
const isFirst = (name: string) => name === modesHere()[0];

describe.each(modesHere())('with %s', (name) => {
  let mode: EncryptionMode;
  let suite: Suite;
  let shown: Documents['show'];
  let before: string;

  beforeAll(async () => {
    await db.sql(
      'shop',
      `truncate confidential_table; drop table if exists later;
       insert into confidential_table select n, 'confidential row ' || n from generate_series(1, 500) n;`,
    );
    await uploads.write({ 'confidential-file.txt': 'confidential content\n', 'sub/b.bin': 'b'.repeat(200_000) });
    await config.write({ '.env': 'PASSWORD=confidential content\n' });
    mode = await modeOn(host, name);
    suite = await createSuite({
      host,
      nameSuffix: name,
      suite: {
        sources: {
          databases: [{ name: 'shop', container: db.container, plainSql: isFirst(name) }],
          volumes: [{ name: 'uploads', volume: uploads.name }],
          files: [{ name: 'config', directory: config.folder, include: ['.env'] }],
        },
        encryption: mode.suite,
        verification: {
          checks: [{ name: 'rows', database: 'shop', sql: 'select count(*) from confidential_table', expect: { equals: 500 } }],
        },
      },
    });
    await putKeys(suite, mode);
    await provenBackup(suite);
    shown = (await succeed(suite, 'show', 'latest')).json;
    before = await db.sql('shop', EVERYTHING);
  });

  it('stores everything encrypted, and says how and for whom', async () => {
    expect(shown.artifacts).toHaveLength(isFirst(name) ? 9 : 8);
    for (const { key, encryption, recipients } of shown.artifacts) {
      expect([key!.endsWith(mode.ending), encryption]).toEqual([true, name]);
      const several = name === 'age' || name === 'gpg';
      expect(recipients === null ? 0 : recipients.length).toBe(several ? 2 : 0);
    }
    expect((shown.manifest as Manifest).host.tools).toHaveProperty(name.replace('-symmetric', ''));
  });

  it('has nothing that can be read in the vault, not even what a proof puts there for a day', async () => {
    const vault = await TamperedVault.open(suite.home);
    const artifacts = (await vault.keys()).filter((key) => key.includes('/artifacts/'));
    expect(artifacts.filter((key) => key.includes('/work/')).length).toBeGreaterThan(2);
    for (const key of artifacts) expect(wordsIn(await vault.read(key)), key).toEqual([]);
  });

  it('is proven with a drill of the key: the proof says which opened each source', () => {
    const [proof] = shown.proofs;
    const checks = proof!.checks.filter(({ kind, name: check }) => kind === 'archive' && check === 'key');
    expect(checks.map(({ source, ok }) => [source, ok])).toEqual(
      ['shop', db.container, 'uploads', 'config'].map((of) => [of, true]),
    );
    for (const { actual, expected } of checks) {
      expect(actual).toEqual({ openedBy: [expect.stringMatching(/^(age1|[0-9A-F]{16}$|passphrase 1 of 1$)/)] });
      expect(expected).toMatchObject({ encryption: name });
    }
  });

  it('gives its content to the stock tool and the key, without this program', async () => {
    const stored = async (ending: string) => {
      const artifact = shown.artifacts.find(({ key }) => key!.endsWith(`${ending}${mode.ending}`))!;
      return mode.decrypt(await readFile(artifact.file!));
    };
    expect(zstdDecompressSync(await stored('.schema.sql.zst')).toString()).toContain('confidential_table');
    if (isFirst(name)) expect(gunzipSync(await stored('.plain.sql.gz')).toString()).toContain('confidential row 500');
  });

  it('is restored whole: rows, files and configuration are what they were, and nothing on the host remembers a key', async () => {
    await damage();
    const { json } = await succeed(suite, 'restore', 'latest', '--mode', 'full', '--no-safety-point', '--confirm', suite.name);
    expect(json.outcome).toBe('restored');
    expect(await db.sql('shop', EVERYTHING)).toBe(before);
    expect(await readFile(`${uploads.folder}/sub/b.bin`, 'utf8')).toBe('b'.repeat(200_000));
    expect(await readFile(`${config.folder}/.env`, 'utf8')).toBe('PASSWORD=confidential content\n');
    expect(await host.leftovers()).toEqual([]);
    expect((await alertsOf(suite.home)).filter(({ subject }) => subject.includes('failed'))).toEqual([]);
    await succeed(suite, 'restore', '--forget');
  });

  if (!isFirst(name)) return;
  describe('in part', () => {
    it('is compared with what is there, and shows what a restore would change', async () => {
      await damage();
      const { json } = await succeed(suite, 'restore', 'latest', '--mode', 'config', '--dry-run');
      expect(json.plan!.items[0]!.diff).toMatchObject([{ name: '.env', state: 'changed' }]);
      const assessed = await suite.run('assess');
      expect(
        assessed.json.sources.map(({ source, state }) => [source, state]),
        assessed.stderr,
      ).toEqual([
        ['shop', 'differs'],
        ['uploads', 'differs'],
        ['config', 'differs'],
      ]);
      expect(await host.leftovers()).toEqual([]);
    });

    it('is restored: tables beside the live ones, files into another folder', async () => {
      const tables = ['--mode', 'tables', '--table', 'public.confidential_table', '--no-safety-point', '--confirm', suite.name];
      const { json } = await succeed(suite, 'restore', 'latest', ...tables);
      const schema = `restored_${json.plan!.point}`;
      expect(await db.sql('shop', `select count(*) from "${schema}".confidential_table`)).toBe('500');
      await succeed(suite, 'restore', '--undo');
      const target = `${host.workspace}/look-${name}`;
      const files = ['--mode', 'files', '--source', 'uploads', '--to', target, '--no-safety-point', '--confirm', suite.name];
      await succeed(suite, 'restore', 'latest', ...files);
      expect(await readFile(`${target}/confidential-file.txt`, 'utf8')).toBe('confidential content\n');
      expect(await host.leftovers()).toEqual([]);
    });
  });
});

/** What a disaster leaves. */
async function damage(): Promise<void> {
  await db.sql('shop', 'delete from confidential_table where id > 10; create table if not exists later (n int)');
  await uploads.delete('sub/b.bin');
  await config.write({ '.env': 'PASSWORD=other\n' });
}

/** Of what is stored, also behind its compression. */
function wordsIn(stored: Buffer): string[] {
  const texts = [stored.toString('latin1')];
  for (const unpack of [zstdDecompressSync, gunzipSync]) {
    try {
      texts.push(unpack(stored).toString('latin1'));
    } catch {
      // it is not packed in this way
    }
  }
  return WORDS.filter((word) => texts.some((text) => text.includes(word)));
}
