import * as z from 'zod';
import { artifactOf } from '../contract/manifest.ts';
import { COPIES, sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import type { SqlCheck } from '../contract/sources.ts';
import { compareFingerprints } from '../postgres/compare-fingerprints.ts';
import { entriesOf, parseFingerprint } from '../postgres/fingerprint.ts';
import { judgeSqlChecks } from '../postgres/sql-checks.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { readStoredText } from '../runtime/read-stored.ts';
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
  /** What the restored database holds, as an agent or a document read it. */
  fingerprintKey: z.string(),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Compares the restored rows, table by table, with the fingerprint that was taken in the dump's own snapshot. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  const artifact = artifactOf(source, 'fingerprint');
  const expected = parseFingerprint(await readStoredText(point, artifact.key, artifact.versionId));
  const actual = parseFingerprint(await readStoredText(vault, place.fingerprintKey));
  const compared = compareFingerprints(source.name, expected, actual);
  const rows = await storeFindingsOfCopy(vault, place, 'table', compared);
  if (place.checks.length === 0) return rows;
  const judged = judgeSqlChecks(source.name, place.checks, entriesOf(actual, 'sql'));
  const sql = await storeFindings(vault, place, sectionName('sql', place.label), judged);
  return { section: rows.section, ok: rows.ok && sql.ok };
});
