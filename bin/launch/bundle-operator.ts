import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeHome } from './home.ts';
import { LaunchError } from './launch-error.ts';
import { codeDigest, hasSources, PROJECT } from './sources.ts';

export type Operator = typeof import('../../lib/operator/main.ts');

/**
 * The operator's command as one file in `directory`, made anew when the code changed. It then runs without the sources, as handlers
 * and documents do, and loads in half the time.
 */
export async function loadOperator(directory: string): Promise<Operator> {
  const file = join(directory, 'operator.mjs');
  if (hasSources()) makeHome(directory);
  // For all that is loaded from here on, the engine included: reading 150 files of TypeScript costs more than any short command itself.
  enableCompileCache(join(directory, 'compile-cache'));
  if (hasSources()) await bundle(directory, file);
  else if (!existsSync(file)) {
    throw new LaunchError(
      'UsageInvalid',
      `The folder functions/ is missing and ${directory} holds no operator.mjs from an earlier run.`,
    );
  }
  return (await import(pathToFileURL(file).href)) as Operator;
}

/** The command from its sources: for help, which should not make a folder. */
export async function loadOperatorSources(): Promise<Operator> {
  return import('../../lib/operator/main.ts');
}

async function bundle(directory: string, file: string): Promise<void> {
  const stamp = `// suite-backup ${codeDigest()}`;
  if (existsSync(file) && readFileSync(file, 'utf8').startsWith(stamp)) return;
  const { build } = await import('esbuild');
  const draft = join(directory, `operator.${process.pid}.mjs`);
  try {
    await build({
      entryPoints: [join(PROJECT, 'lib/operator/main.ts')],
      outfile: draft,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      mainFields: ['module', 'main'],
      legalComments: 'none',
      logLevel: 'silent',
      // Parts of the AWS SDK are CommonJS and ask for node's own modules with require.
      banner: { js: `${stamp}\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);` },
    });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
