import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './command.ts';
import { createHost } from './host.ts';
import type { Postgres, TestHost } from './test-host.ts';
import { until } from './until.ts';

let host: TestHost;
let db: Postgres;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { user: 'app', databases: ['shop', 'odd "name" = \' \nü'] });
});
afterAll(() => host.remove());

describe('a PostgreSQL of the test host', () => {
  it('answers psql and a client over loopback, in databases of any name', async () => {
    for (const database of ['shop', 'odd "name" = \' \nü']) {
      await db.sql(database, 'create table t(id int); insert into t select generate_series(1, 3);');
      const client = new pg.Client(db.client(database));
      await client.connect();
      const { rows } = await client.query('select count(*)::int as n, current_user as who from t');
      await client.end();
      expect(rows).toEqual([{ n: 3, who: 'app' }]);
    }
  });

  it('says which statement failed', async () => {
    await expect(db.sql('shop', 'select 1; select * from nowhere; select 2;')).rejects.toThrow(
      /relation "nowhere" does not exist/,
    );
  });

  it('can be stopped and started again with its rows', async () => {
    await db.sql('shop', 'create table kept as select 42 as answer');
    await db.stop();
    await expect(db.sql('shop', 'select 1')).rejects.toThrow();
    await db.start();
    expect(await db.sql('shop', 'select answer from kept')).toBe('42');
  });

  it('keeps its data in a volume when asked to', async () => {
    const other = await host.postgres('other', { dataVolume: 'other-data' });
    expect(await other.sql('postgres', "select setting from pg_settings where name = 'fsync'")).toBe('off');
    await other.remove();
  });
});

describe('what a backup left behind', () => {
  it('is nothing as long as nothing was left', async () => {
    expect(await host.leftovers()).toEqual([]);
  });

  it('shows a process that still runs, until it has ended', async () => {
    const child = spawn('sleep', ['60'], { env: host.environment });
    await until(async () => (await host.leftovers()).includes(`process ${child.pid}: sleep 60`), 20_000, 'the process is seen');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await host.leftovers()).toEqual([]);
  });

  it('shows a database session that was not closed', async () => {
    const client = new pg.Client({ ...db.client('shop'), application_name: 'pg_dump' });
    await client.connect();
    await client.query('begin');
    expect(await host.leftovers()).toEqual([expect.stringMatching(/^session \d+ of app in shop: idle in transaction, begin$/)]);
    await client.end();
    await until(async () => (await host.leftovers()).length === 0, 20_000, 'the session is gone');
  });

  it('shows files in the scratch area', async () => {
    await command(['touch', join(host.environment.TMPDIR!, 'forgotten')]);
    expect(await host.leftovers()).toEqual([`file ${join(host.environment.TMPDIR!, 'forgotten')}`]);
    await command(['rm', join(host.environment.TMPDIR!, 'forgotten')]);
  });
});

describe('tools', () => {
  it('of the host can be replaced and call the real one', async () => {
    await host.hostTool.replace('tar', '"$REAL" "$@" | tr a-z A-Z');
    expect(await command(['tar', '--version'], { env: host.environment })).toMatch(/^TAR \(GNU TAR\)/);
    await host.hostTool.reset();
    expect(await command(['tar', '--version'], { env: host.environment })).toMatch(/^tar \(GNU tar\)/);
  });
});

describe('files', () => {
  const odd = 'a \' " $(touch hacked) \n ü';

  it('are written to volumes, containers and folders alike, with links, modes, times and odd names', async () => {
    const container = await host.container('app', { files: { '/app/x': 'first' } });
    for (const place of [await host.volume('uploads'), await host.directory({}), container]) {
      const modifiedAt = new Date('2020-02-02T02:02:02Z');
      await place.write({
        [`files/${odd}`]: { content: Buffer.from([0, 255, 10]), mode: 0o640, modifiedAt },
        'files/empty': { folder: true, mode: 0o700 },
        'files/link': { link: '../nowhere' },
        'files/plain': 'text',
      });
      const file = join(place.folder, 'files', odd);
      expect([...(await readFile(file))]).toEqual([0, 255, 10]);
      const { mode, mtime } = await lstat(file);
      expect([mode & 0o7777, mtime]).toEqual([0o640, modifiedAt]);
      expect((await lstat(join(place.folder, 'files/empty'))).mode & 0o7777).toBe(0o700);
      expect(await readlink(join(place.folder, 'files/link'))).toBe('../nowhere');
      await place.delete('files/plain');
      await expect(lstat(join(place.folder, 'files/plain'))).rejects.toThrow(/ENOENT/);
    }
  });

  it('find a scratch area that is full early', async () => {
    const unlimited = await host.limitScratch(1 << 20);
    const fill = ['dd', 'if=/dev/zero', `of=${host.environment.TMPDIR}/big`, 'bs=1M', 'count=4'];
    await expect(command(fill)).rejects.toThrow(/No space left on device/);
    await command(['rm', `${host.environment.TMPDIR}/big`]);
    await unlimited();
    expect(await host.leftovers()).toEqual([]);
  });
});
