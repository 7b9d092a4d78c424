import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { uploadTool } from '../../../../lib/local-engine/docker/upload-tool.ts';

/** A folder whose PATH has an `aws` that answers as given, and counts how often it is asked. */
function machineWith(answer: string | null) {
  const folder = mkdtempSync(join(tmpdir(), 'upload-tool-'));
  mkdirSync(join(folder, 'installed'));
  if (answer !== null) {
    writeFileSync(join(folder, 'installed/aws'), `#!/bin/sh\necho x >>${folder}/asked\necho '${answer}'\n`);
    chmodSync(join(folder, 'installed/aws'), 0o755);
  }
  vi.stubEnv('PATH', `${join(folder, 'installed')}:/usr/bin:/bin`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return {
    state: join(folder, 'state'),
    asked: () => (existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').length / 2 : 0),
  };
}

test.each(['2.33.0', '2.40.1'])('an installed CLI %s is used', (version) => {
  const { state } = machineWith(`aws-cli/${version} Python/3.13.7 Linux/6.1 exe/x86_64`);
  expect(uploadTool(state)).toEqual({ path: [], version });
  expect(existsSync(join(state, 'bin/aws'))).toBe(false);
});

test.each(['aws-cli/2.32.9 Python/3.13 Linux', 'aws-cli/1.45.11 Python/3.11 Linux', 'something else'])(
  'the stand-in takes the place of %s',
  (answer) => {
    const { state } = machineWith(answer);
    expect(uploadTool(state)).toEqual({ path: [join(state, 'bin')], version: 'stand-in' });
    expect(readFileSync(join(state, 'bin/aws'), 'utf8')).toContain('aws-cli/aws.ts');
  },
);

test('the stand-in is there when no CLI is installed', () => {
  const { state } = machineWith(null);
  vi.stubEnv('PATH', '/nowhere');
  expect(uploadTool(state)).toMatchObject({ version: 'stand-in' });
});

test('a CLI that was refused is not asked again, one that was accepted is', () => {
  const old = machineWith('aws-cli/1.45.11 Python/3.11 Linux');
  uploadTool(old.state);
  uploadTool(old.state);
  expect(old.asked()).toBe(1);
  const good = machineWith('aws-cli/2.34.0 Python/3.13 Linux');
  uploadTool(good.state);
  uploadTool(good.state);
  expect(good.asked()).toBe(2);
});

test('our own stand-in is never taken for an installed CLI', () => {
  const { state } = machineWith(null);
  uploadTool(state);
  vi.stubEnv('PATH', `${join(state, 'bin')}:/usr/bin:/bin`);
  expect(uploadTool(state)).toMatchObject({ path: [join(state, 'bin')], version: 'stand-in' });
});
