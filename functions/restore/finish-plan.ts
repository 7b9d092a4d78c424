import * as z from 'zod';
import { ARCHIVE_CLASSES, THAW_HOURS } from '../contract/archive.ts';
import { isoSeconds } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { type Manifest, storedBytes } from '../contract/manifest.ts';
import type { Proof } from '../contract/proof.ts';
import {
  assessedSource,
  type PlanProblem,
  type PlanThaw,
  type RestoreOutcome,
  type RestorePlan,
  restoreOutcome,
  restoreRequest,
} from '../contract/restore.ts';
import type { Source } from '../contract/sources.ts';
import { entriesOf, parseFingerprint } from '../postgres/fingerprint.ts';
import { required } from '../runtime/environment.ts';
import { signedEvidence } from '../runtime/evidence.ts';
import { agent } from '../runtime/handler.ts';
import { readStoredText } from '../runtime/read-stored.ts';
import { Signing } from '../runtime/signing.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { projectOf, projectsOf } from './compose.ts';
import { estimate, spaceProblems } from './estimate.ts';
import { type ChosenItem, chosenItems } from './items.ts';
import { type Answer, type Context, judgeItem } from './judge-items.ts';
import { keyProblems } from './keys.ts';
import { subscriptionsIn } from './known-losses.ts';
import { readPlan, readPoint } from './records.ts';
import { type Archived, lookAtStored } from './stored.ts';
import { columnsOf, type TableColumns } from './tables.ts';
import { judgeWriters } from './writers.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  point: z.string(),
  request: restoreRequest,
  sources: z.custom<Source[]>(Array.isArray),
  looks: z.custom<Answer[]>(Array.isArray),
  /** Null: this mode asks for none. */
  assessment: z
    .object({
      sources: z.array(assessedSource).nullable(),
      error: z.object({ name: z.string(), message: z.string() }).nullable(),
    })
    .nullable(),
  /** Why the host could make no key for what is encrypted; null: it could, or nothing is. */
  keyFailure: z.object({ name: z.string(), message: z.string() }).nullable(),
});

/** So many earlier restores are read for what they measured. */
const EARLIER = 5;
const CHUNK_BYTES = String(256 * 1024 * 1024);

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);
const signing = new Signing();

/** Judges what the host said and writes the plan, once: whoever carries it out carries out exactly this. */
export const handler = agent(input, async ({ suite, restoreId, point, request, sources, looks, assessment, keyFailure }) => {
  const { id: _id, requestedBy, ...options } = request;
  const from = stored(request.from);
  const manifest = await readPoint(from, suite, point);
  const chosen = chosenItems(manifest, options, sources);
  const needed = chosen.items.map(({ source }) => source);
  const locked = await keyProblems(from, needed, options.mode);
  const [{ proof, problems: forged }, earlier, tables, subscriptions, { archived, lost }] = await Promise.all([
    signedEvidence(from, signing, suite, point),
    earlierRestores(suite),
    tablesOf(from, manifest, options.mode, locked),
    subscriptionsOf(from, chosen.items),
    lookAtStored(from, needed, options.mode),
  ]);
  const plans = await Promise.all(earlier.map((outcome) => readPlan(vault, suite, outcome.restoreId)));
  const context: Context = {
    restoreId,
    point,
    options,
    place: { bucket: vault.bucket, prefix: keys.workPrefix(suite, point), chunkBytes: CHUNK_BYTES },
    suffixOf: (label) => {
      const before = plans.filter((plan) => plan.point === point && plan.items.some((item) => item.label === label)).length;
      return `.before-${point}${before === 0 ? '' : `-${before + 1}`}`;
    },
    tables,
    subscriptions,
    takenNames: [],
  };
  const judged = chosen.items.map((item) => judgeItem(item, looks, context));
  const items = judged.flatMap(({ item }) => item ?? []);
  const gone = judged.flatMap(({ gone }, index) => (gone ? chosen.items[index]! : []));
  // Only the whole suite's restore makes containers: who restores one source is told what is missing.
  const made = options.mode === 'full' && options.to === null ? gone.filter(projectOf) : [];
  const writers = judgeWriters(options, items, chosen.items, looks);
  const state = proof === null ? 'stored' : proof.ok ? 'proven' : 'unproven';
  const bytesOf = (outcome: RestoreOutcome, item: string) =>
    plans.find((plan) => plan.restoreId === outcome.restoreId)?.items.find((one) => one.item === item)?.bytes ?? 0;
  const ofProof = proof?.ok ? { proof, bytes: storedBytes(manifest.sources) } : null;
  const safetyPoint = options.safetyPoint && options.to === null;
  const plan: RestorePlan = {
    schema: 'suite-backup.restore-plan.v1',
    restoreId,
    point,
    suite,
    mode: options.mode,
    at: isoSeconds(new Date()),
    requestedBy,
    options,
    state,
    manifestChecksum: manifest.checksum,
    assessment: assessment?.sources ?? null,
    makes: projectsOf(made),
    items,
    writers: writers.writers,
    stopsWriters: writers.stops,
    ...estimate(items, earlier, bytesOf, ofProof, safetyPoint ? secondsBetween(manifest) + secondsBetween(proof) : 0),
    safetyPoint,
    thaw: thawOf(archived, options.thawTier),
    problems: [
      ...forged.map((message) => ({ path: 'point', value: 'SignatureInvalid', message })),
      ...(state === 'proven' || options.allowUnproven ? [] : [notProven(point, proof)]),
      ...chosen.problems,
      ...lost.map(({ label, name, message }) => ({ path: label, value: name, message })),
      ...locked,
      ...(keyFailure ? [{ path: 'host', value: keyFailure.name, message: keyFailure.message }] : []),
      ...writers.problems,
      ...judged.flatMap(({ problems, gone }, index) => {
        const own = withoutKey(problems, chosen.items[index]!, locked);
        return gone && !made.includes(chosen.items[index]!) ? [gone, ...own] : own;
      }),
      ...spaceProblems(items),
    ],
    warnings: [...chosen.warnings, ...writers.warnings, ...(assessment?.error ? [notAssessed(assessment.error)] : [])],
  };
  await vault.putOnce(keys.restorePlan(suite, restoreId), JSON.stringify(plan));
  return { outcome: plan.problems.length === 0 ? 'Planned' : 'Impossible', restoreId };
});

/** Which tables a point has cannot be said while nothing opens its lists. */
function withoutKey(problems: readonly PlanProblem[], { source }: ChosenItem, locked: readonly PlanProblem[]): PlanProblem[] {
  const isLocked = locked.some(({ path }) => path === source.label);
  return problems.filter(({ value }) => !isLocked || value !== 'TableNotFound');
}

function secondsBetween(span: { startedAt: string; finishedAt: string } | null): number {
  return span === null ? 0 : (Date.parse(span.finishedAt) - Date.parse(span.startedAt)) / 1000;
}

function notProven(point: string, proof: Proof | null): RestorePlan['problems'][0] {
  const message = proof
    ? `Recovery point ${point} is not proven: ${proof.reason?.message ?? 'its last proof failed'}`
    : `Recovery point ${point} was never proven.`;
  return { path: 'point', value: 'NotProven', message };
}

function thawOf(archived: readonly Archived[], tier: RestorePlan['options']['thawTier']): PlanThaw[] {
  return ARCHIVE_CLASSES.flatMap((storageClass) => {
    const own = archived.filter((one) => one.storageClass === storageClass);
    if (own.length === 0) return [];
    const bytes = own.reduce((sum, { artifact }) => sum + artifact.bytes, 0);
    return [{ storageClass, objects: own.length, bytes, hours: THAW_HOURS[storageClass][tier] }];
  });
}

function notAssessed({ name, message }: { name: string; message: string }): RestorePlan['warnings'][0] {
  return { name, message: `Which sources are affected could not be found out: ${message}` };
}

async function earlierRestores(suite: string): Promise<RestoreOutcome[]> {
  const found: string[] = [];
  for await (const { key } of vault.list(keys.restores(suite)))
    if (/\/outcomes\/[^/]+-restored\.json$/.test(key)) found.push(key);
  const read = await Promise.all(found.slice(-EARLIER).map((key) => vault.getJson(key)));
  return read.map((value) => restoreOutcome.parse(value));
}

/** Every table of each database in the point with its columns: only a restore of tables needs them. */
async function tablesOf(
  from: Vault,
  manifest: Manifest,
  mode: string,
  locked: readonly PlanProblem[],
): Promise<Context['tables']> {
  const found = new Map<string, Map<string, TableColumns>>();
  if (mode !== 'tables') return found;
  for (const { kind, label, artifacts } of manifest.sources) {
    if (kind !== 'database' || locked.some(({ path }) => path === label)) continue;
    const [fingerprint, schema] = ['fingerprint', 'schema'].map((role) => artifacts.find((artifact) => artifact.role === role));
    if (!fingerprint || !schema) continue;
    const text = await readStoredText(from, fingerprint.key, fingerprint.versionId);
    const columns = columnsOf(await readStoredText(from, schema.key, schema.versionId));
    const names = entriesOf(parseFingerprint(text), 'table').map(({ name }) => name);
    found.set(label, new Map(names.map((name) => [name, columns.get(name) ?? { columns: [] }])));
  }
  return found;
}

/** A text that cannot be read now keeps no plan from being made: the outcome names them all the same. */
async function subscriptionsOf(from: Vault, items: readonly ChosenItem[]): Promise<Context['subscriptions']> {
  const found = new Map<string, string[]>();
  for (const { kind, source } of items) {
    const schema = kind === 'database' ? source.artifacts.find(({ role }) => role === 'schema') : undefined;
    if (schema) found.set(source.label, await readStoredText(from, schema.key, schema.versionId).then(subscriptionsIn, () => []));
  }
  return found;
}
