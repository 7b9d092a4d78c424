import { afterAll } from 'vitest';
import { documentRules } from './document-rules.ts';
import { functionRules } from './function-rules.ts';
import { machineRules } from './machine-rules.ts';
import { policyRules } from './policy-rules.ts';
import { sizeRules } from './size-rules.ts';
import { SynthesizedApp } from './synthesized-app.ts';
import { vaultRules } from './vault-rules.ts';

// One synthesis for all rules: it takes longer than all of them together.
const app = new SynthesizedApp();
afterAll(() => app.remove());

functionRules(app);
machineRules(app);
policyRules(app);
vaultRules(app);
documentRules(app);
sizeRules(app);
