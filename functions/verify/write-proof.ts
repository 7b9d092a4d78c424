import * as z from 'zod';
import { isKeyError } from '../contract/errors.ts';
import { isoSeconds } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { Manifest } from '../contract/manifest.ts';
import { type Check, type Findings, findingsSchema, type Proof, requiredSections, type Section } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import type { CrossCheck, SqlCheck } from '../contract/sources.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { failedCheck, type Place, readPoint } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  startedAt: z.string(),
  checks: z.custom<SqlCheck[]>(Array.isArray),
  crossChecks: z.custom<CrossCheck[]>(Array.isArray),
  acceptAnomaly: z.object({ who: z.string(), why: z.string() }).nullable(),
});

/** So many failed checks go into the cause of the failure, which is cut at 32,768 characters; the proof has them all. */
const NAMED = 20;

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);
const signing = new Signing();

/** Gathers every section that the manifest demands and writes the proof, once. Ok only if all are there and nothing in them failed. */
export const handler = agent(input, async (run) => {
  const manifest = await readPoint(stored(run.from), run);
  const found = await Promise.all(requiredSections(manifest, run.checks, run.crossChecks).map((section) => gather(run, section)));
  const checks = [...found.flatMap(({ checks }) => checks), ...anomalyChecks(manifest, run.acceptAnomaly !== null)];
  const problems = checks.filter(({ ok, severity }) => !ok && severity === 'failure');
  // A step that was not reached tells less than the one that failed before it, and a key that can be put back less than damage that cannot.
  // That a manifest is forged comes last: what is in it tells more.
  const told = problems.filter(({ error }) => error !== 'CheckNotRun');
  const failed = told.find(({ error }) => !isKeyError(error)) ?? told[0] ?? problems[0];
  const proof: Proof = {
    schema: 'suite-backup.proof.v1',
    id: run.proofId,
    point: run.id,
    suite: run.suite,
    startedAt: run.startedAt,
    finishedAt: isoSeconds(new Date()),
    ok: failed === undefined,
    reason: failed ? { name: failed.error ?? 'CheckFailed', message: failed.message, source: failed.source } : null,
    ...(run.from === 'replica' && { readFrom: run.from }),
    restoreSeconds: Math.round(found.reduce((sum, { restoreSeconds }) => sum + (restoreSeconds ?? 0), 0) * 1000) / 1000,
    server: found.find(({ server }) => server)?.server ?? null,
    acceptedAnomaly: run.acceptAnomaly,
    checks,
  };
  // What lies in the replica proves nothing of the vault, whose own proofs decide what stays there.
  const key = run.from === 'replica' ? keys.replicaProof : keys.proof;
  await vault.putOnce(key(run.suite, run.id, run.proofId, proof.ok), JSON.stringify(await signing.sign(proof)));
  const named = problems.slice(0, NAMED).map(({ source, error, message }) => ({
    label: source,
    name: error ?? 'CheckFailed',
    message: message.slice(0, 300),
  }));
  return {
    ok: proof.ok,
    proofId: run.proofId,
    reason: proof.reason,
    problems: named,
    failed: problems.length,
    checks: checks.length,
  };
});

async function gather({ suite, id, proofId }: Place, { section, kind, source }: Section): Promise<Findings> {
  const text = await vault.getText(keys.findings(suite, id, proofId, section));
  const parsed = text === undefined ? undefined : findingsSchema.safeParse(JSON.parse(text));
  if (parsed?.success) return parsed.data;
  const message = `${kind} of ${source} gave no result, so it proves nothing.`;
  const check = failedCheck(kind, source.slice(source.indexOf('-') + 1), section, 'CheckNotRun', message);
  return { schema: 'suite-backup.findings.v1', section, checks: [check], restoreSeconds: null, server: null };
}

function anomalyChecks(manifest: Manifest, accepted: boolean): Check[] {
  return manifest.sources.flatMap(({ name, anomaly }): Check[] => {
    if (!anomaly) return [];
    const { previousId, previousBytes, bytes } = anomaly;
    const shrunk = `${name} shrank from ${previousBytes} bytes in ${previousId} to ${bytes}`;
    return [
      {
        kind: 'object',
        source: name,
        name: 'size against the last proven point',
        ok: accepted,
        severity: 'failure',
        expected: { id: previousId, bytes: previousBytes },
        actual: { bytes },
        message: accepted ? `${shrunk}; that was accepted.` : `${shrunk}.`,
        error: accepted ? null : 'Anomaly',
      },
    ];
  });
}
