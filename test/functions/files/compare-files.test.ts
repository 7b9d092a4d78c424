import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { compareFiles } from '../../../functions/files/compare-files.ts';
import type { Inventory, InventoryEntry } from '../../../functions/files/inventory.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const listed = (content: string, more: Partial<InventoryEntry> = {}): InventoryEntry => ({
  type: 'f',
  size: content.length,
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  mtime: 1_700_000_000,
  target: '',
  sha256: sha256(content),
  changed: false,
  fleeting: false,
  ...more,
});

type Member = Partial<Header> & { name: string; content?: string };
const member = (name: string, content: string, more: Partial<Header> = {}): Member => ({ name: `./${name}`, content, ...more });

function archive(...members: Member[]): Readable {
  const tar = pack();
  for (const { content = '', ...header } of members) {
    const facts = { mode: 0o644, uid: 1000, gid: 1000, mtime: new Date(1_700_000_000_000), ...header };
    tar.entry(facts, facts.type === undefined || facts.type === 'file' ? content : '');
  }
  tar.finalize();
  return Readable.from(tar);
}

const INVENTORY: Inventory = new Map([
  ['a', listed('alpha')],
  ['b', listed('beta')],
  ['l', listed('', { type: 'l', target: 'a', sha256: null })],
]);
const LINK: Member = { name: './l', type: 'symlink', linkname: 'a' };

async function failures(inventory: Inventory, tar: Readable): Promise<Record<string, string>> {
  const checks = await compareFiles('uploads', inventory, tar);
  const failed = checks.filter(({ ok, severity }) => !ok && severity === 'failure');
  expect(checks.filter(({ name }) => name === 'all entries')).toHaveLength(1);
  for (const { error } of failed) expect(error).toBe('FilesMismatch');
  return Object.fromEntries(failed.filter(({ name }) => name !== 'all entries').map(({ name, message }) => [name, message]));
}

describe('an archive', () => {
  it('that holds what was listed passes, and says how much it was', async () => {
    const checks = await compareFiles('uploads', INVENTORY, archive(member('a', 'alpha'), member('b', 'beta'), LINK));
    expect(checks).toMatchObject([{ name: 'all entries', ok: true, expected: { entries: 3 }, actual: { entries: 3, bytes: 9 } }]);
  });

  const differences: [string, Member[], Record<string, string>][] = [
    ['a file is missing', [member('a', 'alpha'), LINK], { b: 'b is missing in the archive.' }],
    [
      'a file is too many',
      [member('a', 'alpha'), member('b', 'beta'), member('c', ''), LINK],
      { c: 'c is in the archive, but was not in the source.' },
    ],
    ['one letter is another', [member('a', 'alphA'), member('b', 'beta'), LINK], { a: 'a has another content in the archive.' }],
    ['a file is shorter', [member('a', 'alph'), member('b', 'beta'), LINK], { a: 'a has another size in the archive.' }],
    [
      'the mode is another',
      [member('a', 'alpha', { mode: 0o600 }), member('b', 'beta'), LINK],
      { a: 'a has another mode in the archive.' },
    ],
    [
      'the owner is another',
      [member('a', 'alpha', { uid: 0 }), member('b', 'beta'), LINK],
      { a: 'a has another uid in the archive.' },
    ],
    [
      'the group is another',
      [member('a', 'alpha', { gid: 0 }), member('b', 'beta'), LINK],
      { a: 'a has another gid in the archive.' },
    ],
    [
      'the time is another',
      [member('a', 'alpha', { mtime: new Date(1_700_000_001_000) }), member('b', 'beta'), LINK],
      { a: 'a has another mtime in the archive.' },
    ],
    [
      'the link leads elsewhere',
      [member('a', 'alpha'), member('b', 'beta'), { ...LINK, linkname: 'b' }],
      { l: 'l links elsewhere in the archive.' },
    ],
    [
      'a folder stands in the place of a file',
      [member('a', 'alpha'), { name: './b', type: 'directory' }, LINK],
      { b: 'b is of another type in the archive.' },
    ],
    [
      'it is empty',
      [],
      { a: 'a is missing in the archive.', b: 'b is missing in the archive.', l: 'l is missing in the archive.' },
    ],
  ];
  it.each(differences)('fails with the name of the entry when %s', async (_, members, expected) => {
    expect(await failures(INVENTORY, archive(...members))).toEqual(expected);
  });

  it('whose files have no hash to compare fails', async () => {
    const inventory = new Map([['a', listed('alpha', { sha256: null })]]);
    expect(await failures(inventory, archive(member('a', 'alpha')))).toEqual({ a: 'a has no hash to compare.' });
  });

  it('that is cut off throws, so that nobody takes its beginning for the whole', async () => {
    const whole = await Readable.from(archive(member('a', 'alpha'.repeat(1000)), member('b', 'beta'))).toArray();
    const bytes = Buffer.concat(whole as Buffer[]);
    const inventory = new Map([['a', listed('alpha'.repeat(1000))]]);
    await expect(compareFiles('uploads', inventory, Readable.from([bytes.subarray(0, 3000)]))).rejects.toThrow();
  });

  it('with a hard link is judged by the content of the file that it names', async () => {
    const inventory = new Map([
      ['a', listed('alpha')],
      ['h', listed('alpha')],
    ]);
    const hard: Member = { name: './h', type: 'link', linkname: './a' };
    expect(await failures(inventory, archive(member('a', 'alpha'), hard))).toEqual({});
    expect(await failures(inventory, archive(member('a', 'alphA'), hard))).toEqual({
      a: 'a has another content in the archive.',
      h: 'h has another content in the archive.',
    });
  });

  it('may hold any version of a file that changed while it was read, with a warning, but not lack it', async () => {
    const inventory = new Map([['a', listed('alpha', { changed: true })]]);
    const checks = await compareFiles('uploads', inventory, archive(member('a', 'other text')));
    expect(checks).toMatchObject([
      { name: 'all entries', ok: true },
      { name: 'a', ok: false, severity: 'warning', message: expect.stringContaining('changed while it was read') },
    ]);
    expect(await failures(inventory, archive())).toEqual({ a: 'a is missing in the archive.' });
  });

  it('may hold or lack a file that came or went while it was read', async () => {
    const inventory = new Map([['a', listed('alpha', { fleeting: true })]]);
    expect(await failures(inventory, archive())).toEqual({});
    expect(await failures(inventory, archive(member('a', 'x')))).toEqual({});
  });

  it('names fifty entries and counts them all', async () => {
    const inventory = new Map(Array.from({ length: 60 }, (_, index) => [`f${index}`, listed('x')] as const));
    const checks = await compareFiles('uploads', inventory, archive());
    expect(checks).toHaveLength(51);
    expect(checks.at(-1)).toMatchObject({ name: 'all entries', ok: false, actual: { different: 60 } });
  });
});
