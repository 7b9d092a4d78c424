import * as z from 'zod';
import { CHECK_KINDS, type Check, COPIES } from '../contract/proof.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { storeFindingsOfCopy } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  proofId: z.string(),
  label: z.string(),
  copy: z.enum(COPIES).default('dump'),
  kind: z.enum(CHECK_KINDS),
  name: z.string(),
  expected: z.unknown(),
  actual: z.unknown(),
  message: z.string(),
  /** Set when the step failed. */
  failure: z.object({ name: z.string(), message: z.string() }).nullable(),
  restoreSeconds: z.number().nullable(),
  server: z.object({ version: z.string(), image: z.string() }).nullable(),
});

const vault = new Vault(required('BUCKET'));

/** Writes down what a host step found, good or bad. Without a failure it is ok only if what came back is what was expected. */
export const handler = agent(input, (step) => {
  const same = JSON.stringify(step.expected) === JSON.stringify(step.actual);
  const ok = step.failure === null && same;
  const check: Check = {
    kind: step.kind,
    source: step.label.slice(step.label.indexOf('-') + 1),
    name: step.name,
    ok,
    severity: 'failure',
    expected: step.expected ?? null,
    actual: step.actual ?? null,
    message: step.failure?.message ?? (same ? step.message : `${step.name}: not what was sealed.`),
    error: step.failure?.name ?? (same ? null : 'ArtifactChanged'),
  };
  const { restoreSeconds, server } = step;
  return storeFindingsOfCopy(vault, step, step.kind, [check], { restoreSeconds, server });
});
