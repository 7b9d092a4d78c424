import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '../../functions/contract/errors.ts';
import { CONTEXT_NAMES } from './host-defaults.ts';
import { loadSuiteFile } from './load-suite-file.ts';
import { parseSuite } from './parse-suite.ts';
import type { SuiteConfig } from './suite-config.ts';
import { SuiteInvalid } from './suite-invalid.ts';

const DEFAULT_SUITE = fileURLToPath(new URL('../../bin/suite.ts', import.meta.url));

/**
 * The suite that the environment or the CDK context names: SUITE_BACKUP_SUITE (a file), SUITE_BACKUP_LOCAL=1 (for this machine), context
 * `suite`, `instanceId`, … Warnings go to stderr. An invalid suite ends the process with status 2, its problems on stderr and, as JSON,
 * in the file that SUITE_BACKUP_PROBLEMS names (a path or a file descriptor).
 */
export async function readSuite(context: (name: string) => unknown): Promise<SuiteConfig> {
  const { SUITE_BACKUP_SUITE, SUITE_BACKUP_LOCAL, SUITE_BACKUP_PROBLEMS, CDK_DEFAULT_REGION } = process.env;
  try {
    const file = SUITE_BACKUP_SUITE || String(context('suite') ?? DEFAULT_SUITE);
    const overrides = Object.fromEntries(CONTEXT_NAMES.map((name) => [name, textOf(context(name))]));
    const options = { local: SUITE_BACKUP_LOCAL === '1', region: CDK_DEFAULT_REGION, overrides };
    const suite = parseSuite(await loadSuiteFile(file), options);
    for (const warning of suite.warnings) process.stderr.write(`warning: ${warning}\n`);
    return suite;
  } catch (error) {
    if (!(error instanceof SuiteInvalid)) throw error;
    process.stderr.write(`${error.message}\n`);
    if (SUITE_BACKUP_PROBLEMS) {
      const target = /^\d+$/.test(SUITE_BACKUP_PROBLEMS) ? Number(SUITE_BACKUP_PROBLEMS) : SUITE_BACKUP_PROBLEMS;
      writeFileSync(target, `${JSON.stringify({ problems: error.problems })}\n`);
    }
    process.exit(ERRORS.SuiteInvalid.exit);
  }
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
