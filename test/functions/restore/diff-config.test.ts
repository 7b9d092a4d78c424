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

/** Lines that hold a secret where nobody looks for one, by the kind of file. */
const HIDING: Record<string, string[]> = {
  'compose.yml': [
    `      MYSQL_PWD: ${HIDDEN}0`,
    `      test: ["CMD", "redis-cli", "-a", "${HIDDEN}0", "ping"]`,
    `    command: mysqladmin ping -uroot -p${HIDDEN}0`,
    `x: {pwd: ${HIDDEN}0}`,
    `  - postgres://u:p ${HIDDEN}0@h/d`,
    `  - "--requirepass=${HIDDEN}0"`,
    `    image: https://u:${HIDDEN}0@registry/web`,
    `# once it was ${HIDDEN}0`,
    `motd: "first`,
    `${HIDDEN}0: 1`,
    `  last ${HIDDEN}0" `,
    `single: 'it''s`,
    `${HIDDEN}0: 1'`,
    `plain: first`,
    `  ${HIDDEN}0`,
    'pin: 120',
    'tan: 1200000',
    `key: &anchor ${HIDDEN}0`,
  ],
  'pretty.json': ['{', '  "smtp": {', `    "pwd": "${HIDDEN}0",`, '    "PIN": "120"', '  }', '}'],
  'flat.json': [`{"db": {"pwd": "${HIDDEN}0"}}`],
  'redis.conf': [`masterauth ${HIDDEN}0`, `stats auth admin:${HIDDEN}0`, `admin:$apr1$${HIDDEN}0`, `url = "a://u:${HIDDEN}0@h"`],
  '.env': [
    `A="x\\"y`,
    `${HIDDEN}0: abc`,
    `${HIDDEN}0=`,
    `last"`,
    `DB_PW: ${HIDDEN}0`,
    `${HIDDEN}0==`,
    `# once it was ${HIDDEN}0`,
    `B='x\\'y`,
    `${HIDDEN}0=1`,
    `'`,
  ],
  token: [`${HIDDEN}0=`, `${HIDDEN}0: x`],
};

it('nothing is shown that is not known to be harmless', () => {
  const text = (lines: string[], version: number) => lines.map((line) => `${line.replaceAll('0', String(version))}\n`).join('');
  for (const [name, lines] of Object.entries(HIDING)) writeFileSync(join(directory, name), text(lines, 1));
  machine.capture(place);
  for (const [name, lines] of Object.entries(HIDING)) writeFileSync(join(directory, name), text(lines, 2));
  const found = machine.diff(place).said.files as { name: string; diff: string[] }[];
  for (const [name, lines] of Object.entries(HIDING)) {
    const { diff } = found.find((file) => file.name === name)!;
    expect(diff.filter((line) => line.includes(HIDDEN) || /\d/.test(line))).toEqual([]);
    expect(diff).toHaveLength(2 * lines.filter((line) => line.includes('0')).length);
  }
});

it('numbers, switches, images and names are shown', () => {
  const text = (version: number) =>
    [
      `version: "3.${version}"`,
      `image: registry.example:5000/web:\${TAG:-1.${version}}`,
      `db: {`,
      `ports:`,
      `  - "8${version}:80"`,
      `wait: ${version}s`,
      `debug: ${version === 1}`,
      `level = ${version}0`,
    ].join('\n');
  writeFileSync(join(directory, 'a.yml'), text(1));
  machine.capture(place);
  writeFileSync(join(directory, 'a.yml'), text(2));
  const [{ diff }] = machine.diff(place).said.files as [{ diff: string[] }];
  const lines = (version: number) => text(version).split('\n');
  const changed = (version: number) => lines(version).filter((_, line) => lines(1)[line] !== lines(2)[line]);
  expect(diff.filter((line) => line.startsWith('-')).map((line) => line.slice(1))).toEqual(changed(2));
  expect(diff.filter((line) => line.startsWith('+')).map((line) => line.slice(1))).toEqual(changed(1));
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

it('of many files those that differ are named first, and it is said how many are not', () => {
  const names = Array.from({ length: 400 }, (_, number) => `certificate-of-a-host-with-a-long-name-${number}.pem`);
  for (const name of names) writeFileSync(join(directory, name), name);
  machine.capture(place);
  expect(machine.diff(place).said, 'nothing differs').toEqual({ files: [], unnamed: 0 });
  writeFileSync(join(directory, names[0]!), 'changed');
  rmSync(join(directory, names[1]!));
  const few = machine.diff(place).said;
  const differing = [
    { name: names[0], state: 'changed' },
    { name: names[1], state: 'missing' },
  ];
  expect(few).toMatchObject({ files: differing, unnamed: 0 });
  for (const name of names) rmSync(join(directory, name), { force: true });
  const { files, unnamed } = machine.diff(place).said as { files: { state: string }[]; unnamed: number };
  expect(JSON.stringify({ files, unnamed }).length).toBeLessThan(24_000);
  expect(files.length).toBeGreaterThan(200);
  expect(files.length + unnamed).toBe(400);
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
