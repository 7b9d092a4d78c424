import { execFileSync } from 'node:child_process';
import { linkSync, lutimesSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTree } from '../../support/tree.ts';

/** What a shell, tar or JSON might take apart. */
export const ODD = 'o\'d "n" $(touch hacked) `touch hacked` %s \\n \\\t\n[é名';

/** A tree with everything a file can be. Its own folder, too, is unlike a new one. */
export async function writeOddTree(folder: string): Promise<void> {
  const old = new Date('1999-03-04T05:06:07Z');
  await writeTree(folder, {
    [ODD]: ODD,
    '-rf': 'dash',
    '--help': 'dashes',
    '*': 'star',
    '\n': 'newline',
    '\\': 'backslash',
    [`folder ${ODD}/empty ${ODD}`]: { folder: true },
    'modes/none': { content: 'nobody', mode: 0o000 },
    'modes/setuid': { content: '#!/bin/sh', mode: 0o4755 },
    'modes/setgid': { folder: true, mode: 0o2775 },
    'modes/sticky': { folder: true, mode: 0o1777 },
    'modes/closed': { folder: true, mode: 0o000 },
    'owners/many': { content: '', owner: [65_534, 12_345] },
    'owners/huge': { content: 'x', owner: [3_000_000, 3_000_001] },
    'times/old': { content: 'o', modifiedAt: old },
    'times/future': { content: 'f', modifiedAt: new Date('2101-02-03T04:05:06Z') },
    'times/folder': { folder: true, modifiedAt: old },
    'times/link': { link: 'old', modifiedAt: old },
    'links/relative': { link: '../modes/none' },
    'links/outside': { link: '/etc' },
    'links/dangling': { link: 'nowhere' },
    [`links/${ODD}`]: { link: ODD },
    large: Buffer.alloc(300_001, 'abc'),
    '.hidden/deep/er': 'd',
  });
  const raw = (...bytes: number[]) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(bytes)]);
  writeFileSync(raw(0xff, 0xfe, 0x80, 0x0a), 'no text');
  mkdirSync(raw(0xc3, 0x28));
  symlinkSync(Buffer.from([0xe9, 0x0a, 0xff]), Buffer.concat([Buffer.from(`${folder}/links/`), Buffer.from([0xff])]));
  linkSync(join(folder, 'large'), join(folder, 'links/hard'));
  linkSync(join(folder, 'links/dangling'), join(folder, 'links/hard to a link'));
  execFileSync('mkfifo', ['--mode=0640', join(folder, 'fifo')]);
  writeFileSync(join(folder, 'sparse'), 'begin');
  truncateSync(join(folder, 'sparse'), 5_000_000);
  utimesSync(join(folder, 'sparse'), old, old);
  execFileSync('chown', ['1234:5678', folder]);
  execFileSync('chmod', ['1751', folder]);
  lutimesSync(folder, old, old);
}
