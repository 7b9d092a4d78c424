import { Client } from 'pg';
import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import type { SqlCheck } from '../contract/sources.ts';
import type { Fingerprint } from '../postgres/fingerprint.ts';
import { askSqlChecks, readFingerprint } from '../postgres/read-fingerprint.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  label: z.string(),
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
const stored = storedIn(vault);

/**
 * Takes the fingerprint of a restored database over the host's network, as fingerprint-scratch.sh does where no agent gets there. It stands
 * in a network without a way to any secret, so another agent compares it with what was captured.
 */
export const handler = agent(input, async ({ suite, id, from, proofId, label, mode, checks, accessKey }) => {
  const source = sourceOf(await readPoint(stored(from), { suite, id }), label);
  const access = accessSchema.parse(JSON.parse((await vault.getText(accessKey)) ?? 'null'));
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
