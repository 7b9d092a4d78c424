import { describe, expect, it } from 'vitest';
import { chosenItems } from '../../../functions/restore/items.ts';
import { manifest, options, SOURCES } from './samples.ts';

const chosen = (change: Parameters<typeof options>[0], of = manifest()) => chosenItems(of, options(change), SOURCES);
const names = (change: Parameters<typeof options>[0]) => chosen(change).items.map(({ kind, source }) => `${kind} ${source.name}`);

describe('what a mode restores', () => {
  it('is everything in the order of a disaster: databases, configuration, files, system configuration', () => {
    expect(names({ mode: 'full' })).toEqual([
      'globals db',
      'database shop',
      'files environment',
      'volume uploads',
      'path exports',
      'files certificates',
    ]);
    expect(chosen({ mode: 'full' }).items.map(({ item }) => item)).toEqual(['00', '01', '02', '03', '04', '05']);
  });

  it.each([
    ['database', ['globals db', 'database shop']],
    ['tables', ['tables shop']],
    ['files', ['volume uploads', 'path exports']],
    ['config', ['files environment', 'files certificates']],
  ] as const)('is for %s what its name says', (mode, expected) => {
    expect(names({ mode })).toEqual(expected);
  });

  it('is only the sources that are named, and a files source when it is one of them', () => {
    expect(names({ mode: 'files', sources: ['environment', 'uploads'] })).toEqual(['files environment', 'volume uploads']);
  });

  it('is looked for where the suite file says it is now', () => {
    const moved = SOURCES.map((source) => (source.kind === 'volume' ? { ...source, volume: 'moved' } : source));
    const [item] = chosenItems(manifest(), options({ mode: 'files', sources: ['uploads'] }), moved).items;
    expect(Buffer.from(item!.host.volume!, 'base64').toString()).toBe('moved');
    const [gone] = chosenItems(manifest(), options({ mode: 'files', sources: ['uploads'] }), []).items;
    expect(Buffer.from(gone!.host.volume!, 'base64').toString()).toBe('shop_uploads');
  });
});

it('a database is compared by the kind of fingerprint that the point has, whatever the suite file says now', () => {
  const counts = manifest((sources) => {
    return sources.map((source) => ({ ...source, declared: { ...source.declared, fingerprint: 'count' } }));
  });
  const [, database] = chosen({ mode: 'database' }, counts).items;
  expect(database!.declared).toEqual({ ...SOURCES[0], fingerprint: 'count' });
});

describe('what cannot be restored', () => {
  it('is a source that the point does not have, or the mode is not about', () => {
    expect(chosen({ mode: 'database', sources: ['store', 'uploads'] }).problems).toMatchObject([
      { value: 'RestoreRefused', message: expect.stringContaining('it has shop, uploads') },
      { value: 'RestoreRefused', message: 'uploads: Mode database does not restore this source.' },
    ]);
  });

  it('are two sources that would be written into one folder', () => {
    expect(chosen({ mode: 'files', to: '/tmp/x' }).problems).toEqual([
      {
        path: 'to',
        value: 'RestoreRefused',
        message: '/tmp/x takes one source; name it with --source: uploads, exports.',
      },
    ]);
    expect(chosen({ mode: 'files', to: '/tmp/x', sources: ['uploads'] }).problems).toEqual([]);
  });

  it('is one that was absent: a warning, or a problem when it was asked for', () => {
    const absent = manifest((sources) => {
      return sources.map((source) => (source.name === 'certificates' ? { ...source, state: 'absent', artifacts: [] } : source));
    });
    expect(chosen({ mode: 'config' }, absent)).toMatchObject({ warnings: [{ name: 'SourceAbsent' }], problems: [] });
    expect(chosen({ mode: 'config', sources: ['certificates'] }, absent).problems).toHaveLength(1);
  });
});
