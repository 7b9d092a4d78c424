import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sampleEngine } from './sample-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'put-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'value');
  writeFileSync(path, text);
  return path;
}

const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';

test('a private key becomes the newest version of its secret, and is shown nowhere', async () => {
  const engine = await sampleEngine();
  const first = await engine.command('put-key', [file(`# of today\n${IDENTITY}\n`)]);
  expect(first.json).toMatchObject({
    ok: true,
    secret: expect.stringMatching(/:secret:sample\/private-key-/),
    versionId: expect.any(String),
  });
  const second = await engine.text('put-key', [file('-----BEGIN PGP PRIVATE KEY BLOCK-----\n')]);
  expect(second.exitCode).toBe(0);
  expect(`${JSON.stringify(first)}${second.stdout}${second.stderr}`).not.toContain('AGE-SECRET');
});

test.each([
  ['what is no private key', [], 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n', /neither an age identity/],
  ['a passphrase where the suite names no secret for one', ['--passphrase'], 'secret\n', /encryption\.passphrase/],
])('%s is refused', async (_, flags, text, message) => {
  const engine = await sampleEngine();
  const { exitCode, json } = await engine.command('put-key', [file(text), ...flags]);
  expect([exitCode, json.error!.name]).toEqual([2, 'UsageInvalid']);
  expect(json.error!.message).toMatch(message);
});
