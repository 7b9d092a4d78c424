import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Place, TreeMachine } from './tree-machine.ts';

/** Whatever stands for a secret here holds this word, in the old as well as in the new files. */
const HIDDEN = 'hide';
const INCLUDE = '**|.[a-z]*';

let machine: TreeMachine;
beforeAll(async () => {
  machine = await TreeMachine.start();
});
afterAll(() => machine.stop());

let directory: string;
let place: Place;
beforeEach(() => {
  directory = machine.anew('config');
  place = { kind: 'files', directory, include: INCLUDE };
});

const files = (version: number): Record<string, string> => ({
  '.env': [
    '# the port',
    'PORT=80',
    `DATABASE_URL=postgres://app:${HIDDEN}${version}@db/app`,
    `export TOKEN="${HIDDEN}${version}`,
    `second ${HIDDEN}${version}"`,
    `LONG=a${version}\\`,
    `  ${HIDDEN}${version}`,
    `PEM="-----BEGIN PRIVATE KEY-----`,
    `${HIDDEN}${version}`,
    '-----END PRIVATE KEY-----"',
    `#OLD=${HIDDEN}${version}`,
    `loose ${HIDDEN}${version}`,
    'LAST=same',
  ].join('\n'),
  'infra/compose.yml': [
    'services:',
    '  web:',
    `    image: web:${version}`,
    '    environment:',
    `      - SECRET=${HIDDEN}${version}`,
    `      API_KEY: ${HIDDEN}${version}`,
    '      PRIVATE: |',
    `        ${HIDDEN}${version}`,
    '',
    `        ${HIDDEN}${version} too`,
    `    command: serve --password ${HIDDEN}${version} --port 80`,
    `    healthcheck: curl http://me:${HIDDEN}${version}@localhost`,
    '    passwords:',
    `    - ${HIDDEN}${version}`,
    `    "token": { "a": "${HIDDEN}${version}" }`,
    `    mount: ${HIDDEN}0123456789abcdefABCDEF${version}`,
    '    ports: [80]',
  ].join('\n'),
  'server.key': `-----BEGIN EC PRIVATE KEY-----\n${HIDDEN}${version}\n-----END EC PRIVATE KEY-----\n`,
  '.pgpass': `db:5432:*:app:${HIDDEN}${version}\n`,
  'app.ini': `[main]\nlevel = ${HIDDEN}${version}\npassword ${HIDDEN}${version}\n`,
  'same.yml': 'a: 1\n',
});

function write(version: number): void {
  for (const [name, text] of Object.entries(files(version))) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

it('what would change is shown line by line, and no value of a secret', () => {
  write(1);
  writeFileSync(join(directory, 'gone.yml'), 'x');
  machine.capture(place);
  write(2);
  rmSync(join(directory, 'gone.yml'));
  writeFileSync(join(directory, 'added.yml'), 'x');
  writeFileSync(join(directory, 'other.before-20261123T020000Z'), 'x');
  const { said, log } = machine.diff(place);
  const found = said.files as { name: string; state: string; diff: string[] }[];
  expect(JSON.stringify(said)).not.toContain(HIDDEN);
  expect(log).not.toContain(HIDDEN);
  expect(Object.fromEntries(found.map(({ name, state }) => [name, state]))).toEqual({
    '.env': 'changed',
    '.pgpass': 'changed',
    'added.yml': 'new',
    'app.ini': 'changed',
    'gone.yml': 'missing',
    'infra/compose.yml': 'changed',
    'same.yml': 'same',
    'server.key': 'changed',
  });
  const diff = (of: string) => found.find(({ name }) => name === of)!.diff;
  expect(diff('.env')).toContain('-DATABASE_URL=***');
  expect(diff('.env')).toContain('+DATABASE_URL=*** (changed)');
  expect(diff('.env').filter((line) => /PORT=|LAST|the port/.test(line))).toEqual([]);
  expect(diff('infra/compose.yml')).toContain('-    image: web:2');
  expect(diff('infra/compose.yml')).toContain('+    image: web:1');
  expect(diff('infra/compose.yml')).toContain('+      API_KEY: *** (changed)');
  expect(diff('infra/compose.yml').some((line) => line.includes('ports'))).toBe(false);
  expect(diff('server.key')).toEqual(['-***', '+*** (changed)']);
  expect(machine.host.leftovers).toEqual([]);
});

it('links, and files that are no text, are told of but not shown', () => {
  writeFileSync(join(directory, 'binary'), Buffer.from([0, 1, 2]));
  symlinkSync('a', join(directory, 'link'));
  machine.capture(place);
  writeFileSync(join(directory, 'binary'), Buffer.from([0, 1, 2, 3]));
  rmSync(join(directory, 'link'));
  symlinkSync('b', join(directory, 'link'));
  expect(machine.diff(place).said.files).toEqual([
    { name: 'binary', state: 'changed', diff: ['not text: 3 bytes instead of 4'] },
    { name: 'link', state: 'changed', diff: ['a link: a instead of b'] },
  ]);
});

it('a directory that is gone misses everything; a large difference is cut', () => {
  const large = Array.from({ length: 5000 }, (_, line) => `a${line}: ${line}`).join('\n');
  writeFileSync(join(directory, 'large.yml'), large);
  machine.capture(place);
  writeFileSync(join(directory, 'large.yml'), large.replaceAll(': ', ': x'));
  const { said } = machine.diff(place);
  expect(JSON.stringify(said).length).toBeLessThan(24_000);
  expect((said.files as { diff: string[] }[])[0]!.diff.at(-1)).toContain('more differs');
  rmSync(directory, { recursive: true });
  expect(machine.diff(place).said.files).toEqual([{ name: 'large.yml', state: 'missing', diff: [] }]);
  expect(readdirSync(machine.folder)).not.toContain('config');
  expect(readFileSync(join(machine.kept, 'point.tar.zst')).length).toBeGreaterThan(0);
});
