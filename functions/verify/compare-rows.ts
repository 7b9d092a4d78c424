import { Client } from 'pg';
import * as z from 'zod';
import { artifactOf, type ManifestSource } from '../contract/manifest.ts';
import { COPIES, sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import type { SqlCheck } from '../contract/sources.ts';
import { compareFingerprints } from '../postgres/compare-fingerprints.ts';
import { entriesOf, type Fingerprint, parseFingerprint, type SqlAnswer } from '../postgres/fingerprint.ts';
import { askSqlChecks, readFingerprint } from '../postgres/read-fingerprint.ts';
import { judgeSqlChecks } from '../postgres/sql-checks.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf, storeFindings, storeFindingsOfCopy } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  label: z.string(),
  copy: z.enum(COPIES).default('dump'),
  checks: z.custom<SqlCheck[]>(Array.isArray),
  /** One of the two: where the scratch lets us in, or the fingerprint that a document took of it. */
  accessKey: z.string().nullable(),
  fingerprintKey: z.string().nullable(),
});
type Place = z.infer<typeof input>;

const accessSchema = z.object({
  host: z.string(),
  port: z.number().int(),
  user: z.string(),
  password: z.string(),
  certificate: z.string(),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Compares the restored rows, table by table, with the fingerprint that was taken in the dump's own snapshot. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  const artifact = artifactOf(source, 'fingerprint');
  const expected = parseFingerprint((await point.getText(artifact.key, artifact.versionId)) ?? '');
  const { actual, answers } = place.fingerprintKey
    ? await fromDocument(place.fingerprintKey)
    : await fromScratch(place, source, expected.mode);
  const compared = compareFingerprints(source.name, expected, actual);
  const rows = await storeFindingsOfCopy(vault, place, 'table', compared);
  if (place.checks.length === 0) return rows;
  const judged = judgeSqlChecks(source.name, place.checks, answers);
  const sql = await storeFindings(vault, place, sectionName('sql', place.label), judged);
  return { section: rows.section, ok: rows.ok && sql.ok };
});

async function fromDocument(key: string): Promise<{ actual: Fingerprint; answers: SqlAnswer[] }> {
  const actual = parseFingerprint((await vault.getText(key)) ?? '');
  return { actual, answers: entriesOf(actual, 'sql') };
}

async function fromScratch(place: Place, source: ManifestSource, mode: Fingerprint['mode']) {
  const access = accessSchema.parse(JSON.parse((await vault.getText(place.accessKey ?? '')) ?? 'null'));
  const client = new Client({
    host: access.host,
    port: access.port,
    user: access.user,
    password: access.password,
    database: String(source.declared.database),
    // Only the certificate that this scratch was started with is trusted.
    ssl: { ca: access.certificate, checkServerIdentity: () => undefined },
    types: { getTypeParser: () => (value: unknown) => value },
    connectionTimeoutMillis: 20_000,
  });
  await client.connect();
  try {
    const actual = await readFingerprint(client, mode);
    await client.query('reset all');
    return { actual, answers: await askSqlChecks(client, place.checks) };
  } finally {
    await client.end();
  }
}
