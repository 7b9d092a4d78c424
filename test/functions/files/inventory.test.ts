import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { readableName, readInventory, readNames, relative, textsIn } from '../../../functions/files/inventory.ts';

const HASH = 'a'.repeat(64);
/** type, size, mode, uid, gid, mtime, ctime, inode, links, path, link target. */
const record = (path: string, more: { type?: string; size?: string; ctime?: string; target?: string } = {}) =>
  `${[more.type ?? 'f', more.size ?? '5', '644', '1000', '1000', '1700000000.5', more.ctime ?? '1.0', '7', '1', path, more.target ?? ''].join('\0')}\0`;

function stored(members: Record<string, string>): Readable {
  const tar = pack();
  for (const [name, text] of Object.entries(members)) tar.entry({ name }, Buffer.from(text, 'latin1'));
  tar.finalize();
  return Readable.from(tar);
}
const whole = (more: Record<string, string> = {}) => stored({ before: '', after: '', hashes: '', 'odd-hashes': '', ...more });

describe('the names of a stored inventory', () => {
  it('are those of both its lists, whatever their entries are', async () => {
    const odd = 'a\n\\b\xff';
    const names = await readNames(
      whole({
        before:
          record('.', { type: 'd' }) + record(`./${odd}`) + record('./l', { type: 'l', target: './target' }) + record('./gone'),
        after: record('./new') + record('.', { type: 'd' }) + record('./l', { type: 'p' }) + record(`./${odd}`),
      }),
    );
    expect([...names].sort()).toEqual(['.', odd, 'l']);
  });

  it.each([
    ['without one of its lists', () => stored({ before: record('./a'), hashes: '' })],
    ['with a record that is cut', () => whole({ before: record('./a'), after: record('./a').slice(0, -2) })],
    ['with a field too many', () => whole({ before: `${record('./a')}x\0`, after: record('./a') })],
  ])('%s are none', async (_, tar) => {
    await expect(readNames(tar())).rejects.toMatchObject({ name: 'FilesMismatch' });
  });

  it('are read alike however their bytes arrive', async () => {
    const bytes = Buffer.from('one\0\0tw\xe9\0three\0', 'latin1');
    for (const size of [1, 2, 5, 100]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
      expect((await Readable.from(textsIn(Readable.from(chunks))).toArray()).flat()).toEqual(['one', '', 'tw\xe9', 'three']);
    }
  });
});

describe('a stored inventory', () => {
  it('gives every entry with its facts and its hash, odd names and all', async () => {
    const odd = 'a\n\\b';
    const list = record('.', { type: 'd' }) + record('./x y') + record(`./${odd}`) + record('./l', { type: 'l', target: '../x' });
    const inventory = await readInventory(
      whole({ before: list, after: list, hashes: `${HASH} *./x y\n`, 'odd-hashes': `${'b'.repeat(64)}\0./${odd}\0` }),
    );
    expect([...inventory.keys()]).toEqual(['.', 'x y', odd, 'l']);
    expect(inventory.get('x y')).toEqual({
      type: 'f',
      size: 5,
      mode: 0o644,
      uid: 1000,
      gid: 1000,
      mtime: 1_700_000_000,
      target: '',
      sha256: HASH,
      changed: false,
      fleeting: false,
      inode: '7',
    });
    expect(inventory.get(odd)?.sha256).toBe('b'.repeat(64));
    expect(inventory.get('l')).toMatchObject({ type: 'l', target: '../x', sha256: null });
  });

  it('knows what changed, came and went between its two lists', async () => {
    const inventory = await readInventory(
      whole({
        before: record('./same') + record('./changed') + record('./gone'),
        after: record('./same') + record('./changed', { ctime: '2.0' }) + record('./new'),
      }),
    );
    const facts = [...inventory].map(([name, { changed, fleeting }]) => [name, changed, fleeting]);
    expect(facts).toEqual([
      ['same', false, false],
      ['changed', true, false],
      ['gone', false, true],
      ['new', false, true],
    ]);
  });

  it.each(['before', 'after', 'hashes', 'odd-hashes'])('without its part "%s" is none', async (missing) => {
    const members = { before: '', after: '', hashes: '', 'odd-hashes': '' };
    const rest = Object.fromEntries(Object.entries(members).filter(([name]) => name !== missing));
    await expect(readInventory(stored(rest))).rejects.toMatchObject({
      name: 'FilesMismatch',
      message: expect.stringContaining(`"${missing}"`),
    });
  });

  it('that is cut within a record is none', async () => {
    const cut = record('./a').slice(0, -5);
    await expect(readInventory(whole({ before: cut, after: cut }))).rejects.toMatchObject({ name: 'FilesMismatch' });
    await expect(readInventory(whole({ before: record('./a'), after: 'f\x005\0' }))).rejects.toMatchObject({
      name: 'FilesMismatch',
    });
  });
});

it('a name is bytes, and text for people', () => {
  const bytes = Buffer.from('Grüße').toString('latin1');
  expect(readableName(bytes)).toBe('Grüße');
  expect(['./a/', './', '.', 'a/b'].map(relative)).toEqual(['a', '.', '.', 'a/b']);
});
