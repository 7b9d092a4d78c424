import * as z from 'zod';
import { HOST_RESULTS } from '../contract/host-results.ts';
import { artifactOf, type ManifestSource } from '../contract/manifest.ts';
import { readFrom } from '../contract/replica.ts';
import type { AssessedSource } from '../contract/restore.ts';
import { compareTrees } from '../files/compare-trees.ts';
import { readInventory } from '../files/inventory.ts';
import { entriesOf, parseFingerprint } from '../postgres/fingerprint.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { openStored, readStoredText } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { databaseDifferences } from './database-differences.ts';
import { readPoint } from './records.ts';

const answer = z.object({
  label: z.string(),
  /** What inspect-database or inspect-tree said; null when it could not be asked. */
  found: z.unknown(),
  /** Where the fingerprint or inventory of what is there now lies; null when there is nothing. */
  key: z.string().nullable(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
});
type Answer = z.infer<typeof answer>;

const input = z.object({ suite: z.string(), id: z.string(), from: readFrom, answers: z.array(answer) });

type Assessed = Omit<AssessedSource, 'source' | 'kind'>;

/** So many tables or files of a source are named: the answer of a machine has its limits. */
const NAMED = 50;

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Says of every source of a point whether it is there as it was. Absent ones were nothing then, and are left out. */
export const handler = agent(input, async ({ suite, id, from, answers }) => {
  const point = stored(from);
  const manifest = await readPoint(point, suite, id);
  const captured = manifest.sources.filter(({ kind, state }) => kind !== 'globals' && state === 'captured');
  const sources: AssessedSource[] = [];
  for (const source of captured) {
    const own = answers.find(({ label }) => label === source.label);
    sources.push({ source: source.name, kind: source.kind, ...(await assessed(point, source, own)) });
  }
  return { outcome: 'Assessed', id, sources };
});

async function assessed(sealed: Vault, source: ManifestSource, given: Answer | undefined): Promise<Assessed> {
  if (!given) return { state: 'missing', message: 'Nobody looked at it.' };
  const { found, key, error } = given;
  if (error) return notCompared(error);
  try {
    return await (source.kind === 'database' ? database(sealed, source, found, key) : tree(sealed, source, found, key));
  } catch (failure) {
    // One list that cannot be read must not keep the others from being judged.
    return notCompared(failure instanceof Error ? failure : { name: 'Unexpected', message: String(failure) });
  }
}

function notCompared({ name, message }: { name: string; message: string }): Assessed {
  return { state: 'missing', message: `${name}: ${message}` };
}

async function database(sealed: Vault, source: ManifestSource, answered: unknown, key: string | null): Promise<Assessed> {
  const found = HOST_RESULTS['inspect-database'].parse(answered);
  const name = String(source.declared.database);
  if (!found.container) return { state: 'missing', message: 'Its container does not exist.' };
  if (!found.container.running) return { state: 'missing', message: `Its container "${found.container.name}" does not run.` };
  if (!found.exists || key === null) return { state: 'missing', message: `There is no database "${name}".` };
  const artifact = artifactOf(source, 'fingerprint');
  const point = parseFingerprint(await readStoredText(sealed, artifact.key, artifact.versionId));
  const live = parseFingerprint(await readStoredText(vault, key));
  const tables = databaseDifferences(source.name, point, live).map(({ name: table, state, message }) => {
    return { name: table, state, message: ofToday(message) };
  });
  const [then, now] = [point, live].map((one) => entriesOf(one, 'table').length);
  if (now === 0 && then !== 0) return { state: 'empty', message: `The database has no tables; it had ${then}.`, tables: [] };
  if (tables.length === 0) return { state: 'present', message: `${then} tables are as they were.`, tables: [] };
  const message = `${tables.length} of its tables and sequences differ: ${tables[0]!.message}`;
  return { state: 'differs', message, tables: tables.slice(0, NAMED) };
}

/** The same comparison speaks of a restore elsewhere. */
function ofToday(message: string): string {
  return message.replace(/ after the restore/g, ' now');
}

async function tree(sealed: Vault, source: ManifestSource, answered: unknown, key: string | null): Promise<Assessed> {
  const found = HOST_RESULTS['inspect-tree'].parse(answered);
  if (!found.exists || key === null) return { state: 'missing', message: 'There is nothing in its place.' };
  const { key: inventory, versionId } = artifactOf(source, 'inventory');
  const point = await readInventory(await openStored(sealed, inventory, versionId));
  const disk = await readInventory(await openStored(vault, key));
  const { compared, missing, different, extra } = compareTrees(point, disk);
  const files = {
    missing: missing.length,
    different: different.length,
    extra: extra.length,
    named: [...missing, ...different.map(({ name }) => name), ...extra].slice(0, NAMED),
  };
  const filesThen = [...point.values()].filter(({ type }) => type === 'f').length;
  if (found.files === 0 && filesThen > 0) return { state: 'empty', message: `It is empty; it had ${filesThen} files.`, files };
  if (files.missing + files.different + files.extra === 0) {
    return { state: 'present', message: `${compared} entries are as they were.`, files };
  }
  const parts = [
    [files.missing, 'missing'],
    [files.different, 'different'],
    [files.extra, 'new'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return { state: 'differs', message: `Of ${compared} entries: ${parts.join(', ')}.`, files };
}
