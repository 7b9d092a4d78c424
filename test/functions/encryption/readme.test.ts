import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { sealParameters } from '../../../functions/contract/encryption.ts';
import { parseSuite } from '../../../lib/config/parse-suite.ts';
import { parseArguments } from '../../../lib/operator/arguments.ts';
import { type ModeName, modesHere } from '../../support/encryption-modes.ts';
import { encoded, HostMachine } from '../host-machine.ts';
import { keyringOf, opened } from './opened.ts';

const README = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const BLOCKS = [...README.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);

/** The commands that stand below a line `# TITLE`, as written. */
function block(title: string): string {
  const found = BLOCKS.filter((text) => text.startsWith(`# ${title}\n`));
  if (found.length !== 1) throw new Error(`The README has ${found.length} blocks "${title}".`);
  return found[0]!;
}

const machine = new HostMachine({});
afterAll(() => machine.remove());

function run(commands: string, folder: string): void {
  execFileSync('bash', ['-euo', 'pipefail', '-c', commands], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

const MAKES: Record<ModeName, string> = {
  age: 'age: make the keys',
  gpg: 'gpg: make the keys',
  'gpg-symmetric': 'gpg-symmetric, openssl: make the passphrase',
  openssl: 'gpg-symmetric, openssl: make the passphrase',
};

/** What the suite file says then. */
function encryptionOf(mode: ModeName, folder: string): Record<string, unknown> {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8').trim();
  const passphraseFile = join(folder, 'passphrase.txt');
  const secrets = { privateKey: 'shop/backup-key', passphrase: 'shop/backup-passphrase' };
  return {
    age: () => ({ recipients: [text('age-recipient.txt'), text('offline-recipient.txt')], privateKey: secrets.privateKey }),
    gpg: () => ({ recipientKey: text('public-key.asc'), ...secrets }),
    'gpg-symmetric': () => ({ passphraseFile, passphrase: secrets.passphrase }),
    openssl: () => ({ passphraseFile, passphrase: secrets.passphrase }),
  }[mode]();
}

describe.each(modesHere())('what the README says of %s', (mode) => {
  it('makes keys that a host encrypts to, and decrypts by hand what it stored', async () => {
    const folder = mkdtempSync(join(machine.folder, 'by-hand-'));
    run(block(MAKES[mode]), folder);
    const suite = {
      name: 'shop',
      sources: { volumes: [{ name: 'uploads' }] },
      encryption: { mode, ...encryptionOf(mode, folder) },
    };
    const directory = join(folder, 'config');
    mkdirSync(directory);
    writeFileSync(join(directory, '.env'), 'A=1\n');
    const { said, status } = machine.run('functions/backup/capture-files.sh', {
      ...sealParameters(parseSuite(suite, { local: true }).encryption),
      directory: encoded(directory),
      include: encoded('.env\0'),
      exclude: '',
      optional: 'false',
      bucket: 'vault',
      prefix: 'shop/artifacts/id/',
      source: 'files-config',
      attempt: 'a1b2c3d4',
      expectedBytes: '0',
      chunkBytes: '1048576',
    });
    expect([status, said.error]).toEqual([0, undefined]);
    for (const name of machine.stored) writeFileSync(join(folder, name), machine.object(name));

    run(block(`${mode}: decrypt by hand`), folder);
    const plain = zstdDecompressSync(readFileSync(join(folder, 'files-config.a1b2c3d4.tar.zst')));
    expect(execFileSync('tar', ['--extract', '--to-stdout', './.env'], { input: plain }).toString()).toBe('A=1\n');
    expect(existsSync(join(folder, 'files-config.a1b2c3d4.inventory.tar.zst'))).toBe(true);

    // The same files are what put-key takes.
    const value = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'latin1') : '');
    const keyring = keyringOf(`${value('age-key.txt')}${value('private-key.asc')}`, value('passphrase.txt'));
    const [sealed] = machine.stored.filter((name) => name.includes('.tar.zst.') && !name.includes('inventory'));
    expect(
      (await opened(sealed!, machine.object(sealed!), keyring)).plain.equals(
        readFileSync(join(folder, 'files-config.a1b2c3d4.tar.zst')),
      ),
    ).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

it('what the README says of put-key is what the command takes', () => {
  const lines = [...README.matchAll(/^npx suite-backup (put-key [^#\n]*)/gm)].map(([, words]) => words!.trim().split(/\s+/));
  expect(lines.length).toBeGreaterThan(1);
  for (const words of lines) expect(parseArguments(words, '0')).toMatchObject({ verb: 'put-key' });
});
