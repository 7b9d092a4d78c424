import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealParameters } from '../../../functions/contract/encryption.ts';
import { openHeader } from '../../../functions/encryption/open-header.ts';
import { wayForHost } from '../../../functions/encryption/way-for-host.ts';
import { parseSuite } from '../../../lib/config/parse-suite.ts';
import { type EncryptionMode, type ModeName, makeMode, modesHere, PASSPHRASE } from '../../support/encryption-modes.ts';
import { encoded, HostMachine, type Said } from '../host-machine.ts';
import { serveFiles } from '../restore/file-server.ts';
import { keyringOf } from './opened.ts';

const machine = new HostMachine({ docker: '#!/bin/bash\necho 20.1\n' });
const directory = join(machine.folder, 'config');
const kept = join(machine.folder, 'kept');
const KEY = 'files-config.a1.tar.zst';
const CONTENT = 'one\n'.repeat(50_000);
let server: Awaited<ReturnType<typeof serveFiles>>;
const modes = new Map<ModeName, EncryptionMode>();

beforeAll(async () => {
  for (const folder of [directory, kept]) mkdirSync(folder);
  for (const mode of modesHere()) {
    mkdirSync(join(machine.folder, mode));
    modes.set(mode, makeMode(mode, join(machine.folder, mode)));
  }
  server = await serveFiles(kept);
});
afterAll(async () => {
  await server.stop();
  machine.remove();
});
beforeEach(() => {
  for (const tool of ['age', 'gpg', 'openssl', 'tar']) machine.tool(tool, null);
  writeFileSync(join(directory, 'a.yml'), CONTENT);
});

function sealing(suite: Record<string, unknown>): Record<string, string> {
  const sources = { volumes: [{ name: 'uploads' }] };
  return sealParameters(parseSuite({ name: 'shop', sources, encryption: suite }, { local: true }).encryption);
}

function capture(parameters: Record<string, string>, lacking: string[] = []) {
  return machine.run(
    'functions/backup/capture-files.sh',
    {
      ...parameters,
      directory: encoded(directory),
      include: encoded('**\0'),
      exclude: '',
      optional: 'false',
      bucket: 'vault',
      prefix: 'shop/artifacts/id/',
      source: 'files-config',
      attempt: 'a1',
      expectedBytes: '0',
      chunkBytes: '1048576',
    },
    lacking,
  );
}

/** Wraps a tool so that its command line is seen. */
function watchCommandLines(tool: string): () => string {
  const [file, real] = [join(machine.folder, 'command-lines'), execFileSync('which', [tool], { encoding: 'utf8' }).trim()];
  machine.tool(tool, `#!/bin/bash\nprintf '%s\\n' "$*" >>${file}\nexec ${real} "$@"\n`);
  writeFileSync(file, '');
  return () => readFileSync(file, 'utf8');
}

describe.each(modesHere())('with %s', (name) => {
  const mode = () => modes.get(name)!;
  const tool = name.replace('-symmetric', '');

  it('everything is stored encrypted, and the stock tool gives back what was archived', () => {
    const lines = watchCommandLines(tool);
    const { said, status, log } = capture(sealing(mode().suite));
    expect([status, said.error]).toEqual([0, undefined]);
    const ending = mode().ending;
    expect(machine.stored).toEqual([`files-config.a1.inventory.tar.zst${ending}`, `${KEY}${ending}`]);
    for (const artifact of said.artifacts!) {
      expect(artifact).toMatchObject({ encryption: name, compression: 'zstd' });
      expect(artifact.key.endsWith(ending)).toBe(true);
      expect(artifact.bytes).toBe(machine.object(artifact.key.split('/').at(-1)!).length);
    }
    const plain = zstdDecompressSync(mode().decrypt(machine.object(`${KEY}${ending}`)));
    expect(execFileSync('tar', ['--extract', '--to-stdout', './a.yml'], { input: plain, maxBuffer: 2 ** 26 }).toString()).toBe(
      CONTENT,
    );
    expect(`${lines()}${log}`).not.toContain(PASSPHRASE);
    expect(machine.leftovers).toEqual([]);
  });

  it('nothing is stored when the tool ends in the middle, and its name is told', () => {
    machine.tool(
      tool,
      '#!/bin/bash\n[[ $1 != dgst ]] || exec /usr/bin/openssl "$@"\nhead -c 100\necho out of memory >&2\nexit 9\n',
    );
    const { said } = capture(sealing(mode().suite));
    expect(said.error).toMatchObject({ name: 'EncryptionFailed', message: expect.stringContaining('out of memory') });
    expect(machine.stored).toEqual([]);
  });

  it('a source that ends in the middle is not stored, though what came of it could be encrypted to its end', () => {
    machine.tool('tar', '#!/bin/bash\n/usr/bin/tar "$@"\nexit 2\n');
    expect(capture(sealing(mode().suite)).said.error?.name).toBe('ArchiveFailed');
    expect(machine.stored).toEqual([]);
  });

  describe('a stored object', () => {
    beforeEach(() => {
      capture(sealing(mode().suite));
      copyFileSync(join(machine.folder, 'stored', `${KEY}${mode().ending}`), join(kept, 'object'));
      writeFileSync(join(directory, 'a.yml'), 'version: 2\n');
    });

    it('comes in clear to the host that gets what opens it, sealed for the key of its run, and leaves nothing', () => {
      const lines = watchCommandLines(tool);
      const run = makeKey();
      const { said, log } = compare(run, readFileSync(join(kept, 'object')));
      expect(said).toMatchObject({ files: [{ name: 'a.yml', state: 'changed' }] });
      expect(lines()).not.toContain(PASSPHRASE);
      expect(log).not.toMatch(/seskey|AGE-SECRET/);
      removeKey(run);
      expect(machine.leftovers).toEqual([]);
    });

    it('that was changed is told as unreadable, with no secret in the message', () => {
      const run = makeKey();
      const sealed = readFileSync(join(kept, 'object'));
      writeFileSync(join(kept, 'object'), Buffer.concat([sealed.subarray(0, -40), Buffer.alloc(40)]));
      const { said, log } = compare(run, sealed);
      expect(said.error?.name).toBe('ArchiveUnreadable');
      expect(`${said.error!.message}${log}`).not.toMatch(/seskey|AGE-SECRET/);
      removeKey(run);
    });

    it('stays shut for a host whose run has another key, or none any more', () => {
      const [run, other] = [makeKey('first'), makeKey('second')];
      const sealed = readFileSync(join(kept, 'object'));
      expect(compare({ ...run, key: other.key }, sealed).said.error?.name).toBe('KeyWrong');
      for (const each of [run, other]) removeKey(each);
      expect(compare(run, sealed).said.error?.name).toBe('KeyMissing');
      expect(machine.leftovers).toEqual([]);
    });
  });

  /** Lets the host look at the object in the way that an agent gives it; what the object's header says is read from `sealed`. */
  function compare(run: RunKey, sealed: Buffer) {
    const { privateKey, passphrase } = mode();
    const opened = openHeader(
      `${KEY}${mode().ending}`,
      sealed,
      keyringOf(privateKey ?? '', Buffer.from(passphrase ?? '').toString('latin1')),
    );
    return machine.run('functions/restore/diff-config.sh', {
      ...wayForHost(opened, run.publicKey),
      runKey: run.key,
      url: encoded(server.url('object')),
      directory: encoded(directory),
      include: encoded('**\0'),
      exclude: '',
      restore: '20261124T030000Z-0a1b2c',
    });
  }
});

type RunKey = { key: string; publicKey: string };

function makeKey(owner = 'proof'): RunKey {
  const { said } = machine.run('functions/encryption/make-key.sh', { suite: 'shop', account: '000000000000', owner });
  expect(existsSync(join(machine.folder, 'tmp', (said as unknown as RunKey).key, 'private.pem'))).toBe(true);
  return said as unknown as RunKey;
}

function removeKey({ key }: RunKey): void {
  expect(machine.run('functions/encryption/remove-key.sh', { runKey: key }).said).toEqual({ removed: 1 });
}

describe('before anything is dumped', () => {
  const inspect = (parameters: Record<string, string>, lacking: string[] = []): Said => {
    machine.tool('aws', '#!/bin/bash\necho aws-cli/2.33.0 Python/3.13\n');
    return machine.run('functions/backup/inspect-host.sh', { plainSql: 'false', ...parameters }, lacking).said;
  };
  const byFile = (passphraseFile: string) => sealing({ mode: 'openssl', passphraseFile, passphrase: 'shop/passphrase' });

  it('a tool that is missing is named with all others', () => {
    const age = { encryption: 'age', recipients: '', passphraseFile: '' };
    expect(inspect(age, ['age', 'curl']).error?.message).toBe('The host lacks: curl age.');
    expect(inspect({ ...age, encryption: 'gpg' }, ['gpg']).error?.message).toBe('The host lacks: gpg.');
    expect(inspect({ ...age, encryption: 'none' }, ['age', 'gpg']).error).toBeUndefined();
  });

  it('a recipient that the tool does not take is told', () => {
    const recipients = encoded('age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk\0');
    const found = inspect({ encryption: 'age', recipients, passphraseFile: '' }).error;
    expect(found?.name).toBe(modesHere().includes('age') ? 'EncryptionFailed' : 'ToolMissing');
  });

  it('a passphrase file that is gone, empty, too long or open to everybody is told by name', () => {
    const path = join(machine.folder, 'secret file');
    expect(inspect(byFile(path)).error).toMatchObject({
      name: 'PassphraseFileUnusable',
      message: expect.stringContaining('no file'),
    });
    writeFileSync(path, '\nsecond line', { mode: 0o600 });
    expect(inspect(byFile(path)).error?.message).toContain('is empty');
    writeFileSync(path, 'x'.repeat(1_000_000));
    expect(inspect(byFile(path)).error?.message).toContain('more than 317 bytes');
    writeFileSync(path, 'secret\n');
    expect(inspect(byFile(path)).error).toBeUndefined();
    execFileSync('chmod', ['604', path]);
    expect(inspect(byFile(path)).error).toMatchObject({
      name: 'PassphraseFileUnusable',
      message: expect.stringContaining('everybody'),
    });
  });
});
