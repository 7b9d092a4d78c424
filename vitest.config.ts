import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** As esbuild's text loader in the bundles: `import sql from './fingerprint.sql'` is the file's text. */
const sqlAsText = {
  name: 'sql-as-text',
  enforce: 'pre' as const,
  transform: (code: string, id: string) => (id.endsWith('.sql') ? `export default ${JSON.stringify(code)};` : null),
};

// CI counts over several runs; each leaves a file of its own.
const reports = process.env.SUITE_BACKUP_TEST_REPORTS;
const report = `${process.env.SUITE_BACKUP_TEST_HOST ?? 'embedded'}-${process.env.SUITE_BACKUP_TEST_POSTGRES ?? 'default'}.json`;

const common = { plugins: [sqlAsText], extends: true as const };
/** Programs, servers and containers really start and end here; on a busy CI machine a test may be tried again, and the output says so. */
const retry = process.env.CI === undefined ? 0 : 1;
const globalSetup = ['test/support/preflight.ts'];

export default defineConfig({
  test: {
    // On two cores two workers leave a third of them idle (measured): a scenario also waits, for servers, containers and looks at what goes on.
    maxWorkers: 3,
    reporters: reports === undefined ? ['default'] : ['default', ['json', { outputFile: join(reports, report) }]],
    projects: [
      {
        ...common,
        test: {
          name: 'unit',
          include: ['test/{bin,functions,lib,support}/**/*.test.ts'],
          globalSetup,
          retry,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      {
        ...common,
        test: {
          name: 'invariants',
          include: ['test/invariants/**/*.test.ts'],
          globalSetup,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        ...common,
        test: {
          name: 'scenarios',
          retry,
          include: ['test/scenarios/**/*.test.ts'],
          globalSetup,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
