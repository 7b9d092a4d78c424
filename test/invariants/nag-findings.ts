import { AwsSolutionsChecks } from 'cdk-nag';
import { app } from '../../bin/app.ts';

// A program of its own, as bin/app.ts is: what cdk-nag's AwsSolutions rules find in the stacks, as JSON on stdout. The templates know nothing of it.
app.synth();
const { violations } = new AwsSolutionsChecks().validateScope(app);
const findings = violations.flatMap(({ ruleName, violatingResources }) =>
  violatingResources.map(({ constructPath }) => ({ id: ruleName, resource: constructPath })),
);
process.stdout.write(JSON.stringify(findings));
