import { App, Aspects } from 'aws-cdk-lib';
import { readSuite } from '../lib/config/read-suite.ts';
import { Observability } from '../lib/platform/aspects.ts';
import { FEATURE_FLAGS } from '../lib/platform/feature-flags.ts';
import { refuseDeployment } from '../lib/platform/refuse-deployment.ts';
import { SuiteBackupStack } from '../lib/suite-backup-stack.ts';
import { VaultStack } from '../lib/vault-stack.ts';

export const app = new App({
  // The made-up ids of a local run are no AWS ids, and looking at every template for AWS's sake costs a second.
  builtinCloudFormationValidation: process.env.SUITE_BACKUP_LOCAL !== '1',
  context: FEATURE_FLAGS,
});
const suite = await readSuite((name) => app.node.tryGetContext(name));
const vault = new VaultStack(app, suite.stackNames.vault, { suite });
new SuiteBackupStack(app, suite.stackNames.workflows, { suite, vault });
if (suite.deploymentRefusal) refuseDeployment(vault, suite.deploymentRefusal);
Aspects.of(app).add(new Observability());
