import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT, synthesize } from './synthesized-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'fresh-clone-'));
afterAll(() => rmSync(folder, { recursive: true }));

const templateOf = (out: string, stack: string) =>
  JSON.parse(readFileSync(join(folder, out, `process-engineering-suite-${stack}.template.json`), 'utf8'));

/** Status and what bin/app.ts wrote, for a suite file that it refuses. */
function refusalOf(suite: string, environment: Record<string, string> = {}): { status: number; stderr: string } {
  const file = join(folder, 'refused.json');
  writeFileSync(file, suite);
  try {
    execFileSync(process.execPath, ['bin/app.ts'], {
      cwd: PROJECT_ROOT,
      env: { ...process.env, CDK_OUTDIR: join(folder, 'refused'), SUITE_BACKUP_SUITE: file, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { status, stderr: stderr.toString() };
  }
  throw new Error('The suite file was accepted.');
}

describe('a fresh clone', () => {
  it('can be synthesized without an account, a look-up or an edit, but not deployed', () => {
    synthesize(join(folder, 'clone'), {});
    expect(templateOf('clone', 'vault').Rules.NotDeployable.Assertions[0].AssertDescription).toContain('instanceId');
    const { missing } = JSON.parse(readFileSync(join(folder, 'clone/manifest.json'), 'utf8'));
    expect(missing ?? []).toEqual([]);
  });

  it('makes the same assembly twice, byte by byte', () => {
    const context = { instanceId: 'i-0123456789abcdef0' };
    synthesize(join(folder, 'once'), context);
    synthesize(join(folder, 'twice'), context);
    for (const stack of ['vault', 'backup']) expect(templateOf('once', stack)).toEqual(templateOf('twice', stack));
    expect(templateOf('once', 'vault').Rules).toEqual({ CheckBootstrapVersion: expect.anything() });
  });
});

describe('a suite file that is wrong', () => {
  it('ends with status 2, every problem in words and as JSON', () => {
    const problems = join(folder, 'problems.json');
    const { status, stderr } = refusalOf('{ "name": "Shop", "sources": {}, "x": 1 }', {
      SUITE_BACKUP_LOCAL: '1',
      SUITE_BACKUP_PROBLEMS: problems,
    });
    expect(status).toBe(2);
    expect(stderr).toContain('The suite file has 3 problems');
    expect(JSON.parse(readFileSync(problems, 'utf8'))).toEqual({
      problems: [
        { path: 'name', value: 'Shop', message: expect.any(String) },
        { path: 'x', value: 1, message: 'is not known' },
        { path: 'sources', value: {}, message: 'declare at least one source' },
      ],
    });
  });
});
