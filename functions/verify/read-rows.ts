import { Client } from 'pg';
import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { sectionName } from '../contract/proof.ts';
import type { SqlCheck } from '../contract/sources.ts';
import type { Fingerprint } from '../postgres/fingerprint.ts';
import { askSqlChecks, readFingerprint } from '../postgres/read-fingerprint.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  proofId: z.string(),
  label: z.string(),
  /** Base64. */
  database: z.string(),
  mode: z.enum(['hash', 'count']),
  checks: z.custom<SqlCheck[]>(Array.isArray),
  /** Where the scratch lets us in. */
  accessKey: z.string(),
});

const accessSchema = z.object({
  host: z.string(),
  port: z.number().int(),
  user: z.string(),
  password: z.string(),
  certificate: z.string(),
});

const vault = new Vault(required('BUCKET'));

/**
 * Takes the fingerprint of a restored database over the host's network, as fingerprint-scratch.sh does where no agent gets there. It stands
 * in a network without a way to any secret or other region, so it reads nothing of the point, and another agent compares.
 */
export const handler = agent(input, async ({ suite, id, proofId, label, database, mode, checks, accessKey }) => {
  const access = accessSchema.parse(JSON.parse((await vault.getText(accessKey)) ?? 'null'));
  const client = new Client({
    host: access.host,
    port: access.port,
    user: access.user,
    password: access.password,
    database: Buffer.from(database, 'base64').toString('utf8'),
    // Only the certificate that this scratch was started with is trusted.
    ssl: { ca: access.certificate, checkServerIdentity: () => undefined },
    types: { getTypeParser: () => (value: unknown) => value },
    connectionTimeoutMillis: 20_000,
  });
  await client.connect();
  try {
    const found = await readFingerprint(client, mode);
    await client.query('reset all');
    const fingerprint: Fingerprint = { ...found, entries: [...found.entries, ...(await askSqlChecks(client, checks))] };
    // The proof will say as much of every table: it lies where all that a proof finds lies.
    const key = keys.findings(suite, id, proofId, sectionName('rows', label));
    await vault.putOnce(key, JSON.stringify(fingerprint));
    return { key };
  } finally {
    await client.end();
  }
});
