import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { encode, encodeList } from '../contract/encoding.ts';
import { NamedError } from '../contract/errors.ts';
import { isId, isoSeconds, nextId } from '../contract/ids.ts';
import { keys, parseProofKey } from '../contract/keys.ts';
import { hasPlainSql, isSealed, type Manifest, type ManifestSource } from '../contract/manifest.ts';
import { SCRATCH_PORTS } from '../contract/names.ts';
import { type Check, readBackParts, SIGNATURE } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import type { CrossCheck, SqlCheck } from '../contract/sources.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { type Place, readPoint, storeFindings } from './findings.ts';

const input = z.object({
  suite: z.string(),
  account: z.string(),
  id: z.string(),
  from: readFrom,
  checks: z.custom<SqlCheck[]>(Array.isArray),
  crossChecks: z.custom<CrossCheck[]>(Array.isArray),
  /** Where the scratch listens; null when no agent can reach it. */
  address: z.string().nullable(),
  port: z.number().int(),
});

/** Stored under `artifacts/` by documents of a proof; small, so one chunk. */
const CHUNK_BYTES = String(256 * 1024 * 1024);

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);
const signing = new Signing();

/** What must be looked at to prove a point, from its manifest alone: nothing is asked of the host that was backed up. */
export const handler = agent(input, async ({ suite, account, id, from, checks, crossChecks, address, port }) => {
  if (!isId(id)) throw new NamedError('NotFound', `"${id}" is no id of a recovery point.`);
  const now = new Date();
  const proofId = `${await nextProof(suite, id, now)}-${randomBytes(3).toString('hex')}`;
  const point = stored(from);
  const manifest = await readPoint(point, { suite, id });
  await noteSignature(point, { suite, id, proofId });
  const captured = manifest.sources.filter(({ state }) => state === 'captured');
  await refuseArchived(point, captured);
  const proof = `${account}-${proofId}`;
  const store = { bucket: vault.bucket, prefix: keys.workPrefix(suite, id), chunkBytes: CHUNK_BYTES };
  return {
    proofId,
    startedAt: isoSeconds(now),
    sources: captured.map((source) => ({ label: source.label, parts: readBackParts(source), sealed: isSealed(source) })),
    store,
    servers: serversOf(
      captured,
      { checks, crossChecks },
      { suite, proof },
      {
        bucket: store.bucket,
        prefix: store.prefix,
        address: address ?? '',
        firstPort: String(port),
        lastPort: String(port + SCRATCH_PORTS - 1),
      },
    ),
    trees: captured.filter(({ kind }) => kind !== 'database' && kind !== 'globals').map(({ label }) => label),
  };
});

/** The newest proof decides about a point: with a clock that was set back, one that fails must still be newer than one that passed. */
async function nextProof(suite: string, id: string, now: Date): Promise<string> {
  let newest: string | undefined;
  for await (const { key } of vault.list(`${keys.proofs(suite)}${id}/`))
    newest = parseProofKey(suite, key)?.proofId.split('-')[0] ?? newest;
  return nextId(now, newest).id;
}

/** A forged manifest ends no proof: everything else that is wrong with the point must be found, too. */
async function noteSignature(point: Vault, place: Place): Promise<void> {
  const problem = await signing.problemWith((await point.getJson(keys.manifest(place.suite, place.id))) as object);
  const check: Check = {
    kind: SIGNATURE.kind,
    source: SIGNATURE.source,
    name: 'signature',
    ok: problem === null,
    severity: 'failure',
    expected: 'signed with the key of the vault',
    actual: problem ?? 'signed with the key of the vault',
    message: problem === null ? 'The manifest is what was signed.' : `The manifest ${problem}.`,
    error: problem === null ? null : 'SignatureInvalid',
  };
  await storeFindings(vault, place, SIGNATURE.section, [check]);
}

/**
 * A point that must be thawed first is not a damaged one: no proof may say so. Thawing costs money, which only a restore is told to spend.
 * @throws NamedError PointArchived
 */
async function refuseArchived(point: Vault, captured: readonly ManifestSource[]): Promise<void> {
  const looked = captured
    .flatMap(({ artifacts }) => artifacts)
    .map(async ({ key, versionId }) => ({ key, head: await point.head(key, versionId) }));
  const found = (await Promise.all(looked)).find(({ head }) => head?.archived);
  if (!found) return;
  const message = `${found.key} lies in ${found.head!.archived!.storageClass} and is not thawed: it was not proven again.`;
  throw new NamedError('PointArchived', message);
}

/** What the suite file asks of the restored databases. */
interface Asked {
  readonly checks: readonly SqlCheck[];
  readonly crossChecks: readonly CrossCheck[];
}

/** One scratch server for each server that was captured: the same image, its roles first, then its databases one by one. */
function serversOf(
  captured: ManifestSource[],
  asked: Asked,
  owner: { suite: string; proof: string },
  listen: Record<string, string>,
) {
  const containers = [
    ...new Set(captured.flatMap(({ kind, container }) => (kind === 'database' && container ? [container.name] : []))),
  ];
  return containers.map((name) => {
    const own = captured.filter((source) => source.container?.name === name);
    const globals = own.find(({ kind }) => kind === 'globals');
    const databases = own.filter(({ kind }) => kind === 'database');
    const { server, container } = databases[0]!;
    if (!server || !container) throw new NamedError('ManifestInvalid', `The manifest does not tell the server of ${name}.`);
    const bootstrapUser = encode(server.bootstrapUser);
    const scratch = { ...owner, bootstrapUser };
    return {
      container: name,
      sealed: own.some(isSealed),
      start: {
        ...scratch,
        ...listen,
        image: encode(container.imageId),
        sharedPreloadLibraries: encode(server.sharedPreloadLibraries),
      },
      scratch,
      globals: globals?.label ?? null,
      databases: databases.map((source) => databasePlan(source, asked)),
    };
  });
}

function databasePlan(source: ManifestSource, asked: Asked) {
  const checks = asked.checks.filter(({ database }) => database === source.name);
  const crossChecks = asked.crossChecks.filter(({ database }) => database === source.name);
  return {
    label: source.label,
    database: encode(String(source.declared.database)),
    plainSql: hasPlainSql(source),
    fingerprint: source.declared.fingerprint as Manifest['sources'][0]['declared']['fingerprint'],
    checks,
    checkList: encodeList(checks.flatMap(({ name, sql }) => [name, sql])),
    crossChecks,
    // The document puts each into another statement.
    crossList: encodeList(crossChecks.map(({ sql }) => sql.replace(/[\s;]+$/, ''))),
  };
}
