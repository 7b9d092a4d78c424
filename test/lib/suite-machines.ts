import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { RetentionPolicy } from '../../functions/contract/retention-plan.ts';
import { parseSuite } from '../../lib/config/parse-suite.ts';
import { retentionPolicy } from '../../lib/config/retention-policy.ts';
import type { SuiteConfig } from '../../lib/config/suite-config.ts';
import type { LifecycleConfiguration } from '../../lib/local-engine/s3/lifecycle.ts';
import { FEATURE_FLAGS } from '../../lib/platform/feature-flags.ts';
import { SuiteBackupStack } from '../../lib/suite-backup-stack.ts';
import { VaultStack } from '../../lib/vault-stack.ts';
import { definitionOf, resourcesOf, type Template } from './platform/stack.ts';

const SUITE = { name: 'shop', sources: { volumes: [{ name: 'uploads', volume: 'uploads' }] } };

/** A suite's configuration and the templates of its stacks, as they would be deployed. */
function synthesized(more: object = {}): { suite: SuiteConfig; vault: Template; workflows: Template } {
  const outdir = mkdtempSync(join(tmpdir(), 'suite-machines-'));
  try {
    const app = new App({
      outdir,
      builtinCloudFormationValidation: false,
      context: FEATURE_FLAGS,
    });
    const suite = parseSuite({ ...SUITE, ...more }, { local: true });
    const vault = new VaultStack(app, suite.stackNames.vault, { suite });
    new SuiteBackupStack(app, suite.stackNames.workflows, { suite, vault });
    const assembly = app.synth();
    const template = (name: string) => assembly.getStackByName(name).template as Template;
    return { suite, vault: template(suite.stackNames.vault), workflows: template(suite.stackNames.workflows) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The definitions of a suite's machines by their short names. */
export function suiteMachines(): (name: string) => Record<string, unknown> {
  const { workflows } = synthesized();
  return (name) => definitionOf(workflows, `shop-backup-${name}`);
}

/** How long points of a suite stay, as its agents are told and as its vault's rules say. */
export function suiteRetention(retention: object = {}): { policy: RetentionPolicy; lifecycle: LifecycleConfiguration } {
  const { suite, vault } = synthesized({ retention });
  const found = resourcesOf(vault, 'AWS::S3::Bucket').map(
    ({ Properties }) => Properties.LifecycleConfiguration as LifecycleConfiguration | undefined,
  );
  const lifecycle = found.find((each) => each?.Rules.some(({ Prefix }) => Prefix === `${SUITE.name}/`))!;
  return { policy: retentionPolicy(suite), lifecycle };
}

/** The rules of a suite of that name. */
export function suiteLifecycle(name: string): LifecycleConfiguration {
  return JSON.parse(JSON.stringify(suiteRetention().lifecycle).replaceAll(`"${SUITE.name}/`, `"${name}/`));
}
