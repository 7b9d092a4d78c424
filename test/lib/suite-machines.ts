import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseSuite } from '../../lib/config/parse-suite.ts';
import { FEATURE_FLAGS } from '../../lib/platform/feature-flags.ts';
import { SuiteBackupStack } from '../../lib/suite-backup-stack.ts';
import { VaultStack } from '../../lib/vault-stack.ts';
import { definitionOf, type Template } from './platform/stack.ts';

const SUITE = { name: 'shop', sources: { volumes: [{ name: 'uploads', volume: 'uploads' }] } };

/** The definitions of a suite's machines by their short names, as they would be deployed. */
export function suiteMachines(): (name: string) => Record<string, unknown> {
  const outdir = mkdtempSync(join(tmpdir(), 'suite-machines-'));
  try {
    const app = new App({
      outdir,
      builtinCloudFormationValidation: false,
      context: FEATURE_FLAGS,
    });
    const suite = parseSuite(SUITE, { local: true });
    const vault = new VaultStack(app, suite.stackNames.vault, { suite });
    new SuiteBackupStack(app, suite.stackNames.workflows, { suite, vault });
    const template = app.synth().getStackByName(suite.stackNames.workflows).template as Template;
    return (name) => definitionOf(template, `shop-backup-${name}`);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
