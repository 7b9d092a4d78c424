import { App, Aspects } from 'aws-cdk-lib';
import { readSuite } from '../lib/config/read-suite.ts';
import { Observability } from '../lib/platform/aspects.ts';
import { refuseDeployment } from '../lib/platform/refuse-deployment.ts';
import { SuiteBackupStack } from '../lib/suite-backup-stack.ts';
import { VaultStack } from '../lib/vault-stack.ts';

const app = new App();
const suite = await readSuite((name) => app.node.tryGetContext(name));
const vault = new VaultStack(app, suite.stackNames.vault, { suite });
new SuiteBackupStack(app, suite.stackNames.workflows, { suite, vault });
if (suite.deploymentRefusal) refuseDeployment(vault, suite.deploymentRefusal);
Aspects.of(app).add(new Observability());
