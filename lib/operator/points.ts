import { DescribeExecutionCommand, ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import { isId } from '../../functions/contract/ids.ts';
import { keys } from '../../functions/contract/keys.ts';
import type { Lock } from '../../functions/contract/lock.ts';
import { type Connection, policyOf } from './connection.ts';
import { readFailure, readLock, readManifest, readProof } from './documents.ts';
import { OperatorError } from './operator-error.ts';
import { inParallel } from './parallel.ts';
import { type Point, type PointFacts, pointOf } from './point.ts';
import { idsOf, type PointIndex, provenIds, readIndexOf, readIndexUntil, storedIds } from './point-index.ts';
import { Vault } from './vault.ts';

/** Reads in flight at a time: enough to hide S3's latency over a thousand points, few enough for one laptop. */
const READS_AT_A_TIME = 16;

export interface LockState {
  lock: Lock;
  running: boolean;
}

/** Who holds the suite's lock, and whether that run still goes on. */
export async function readLockState(connection: Connection): Promise<LockState | null> {
  // It is not replicated.
  if (connection.readsFrom === 'replica') return null;
  const lock = await readLock(new Vault(connection));
  return lock && { lock, running: await isRunning(connection, lock.executionArn) };
}

async function isRunning(connection: Connection, executionArn: string): Promise<boolean> {
  try {
    const execution = await connection.states.send(new DescribeExecutionCommand({ executionArn }));
    return execution.status === 'RUNNING';
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return false;
    throw error;
  }
}

/** The points of the given ids, in that order. */
export async function readPoints(
  connection: Connection,
  index: PointIndex,
  lockState: LockState | null,
  ids: readonly string[],
): Promise<Point[]> {
  const now = new Date();
  const facts = await inParallel(READS_AT_A_TIME, ids, (id) => readFacts(connection, index, lockState, id));
  return facts.map((each) => pointOf(each, now));
}

/** What is known of one id; `index` must hold it. A failure record matters only until a proof exists. */
export async function readFacts(
  connection: Connection,
  index: PointIndex,
  lock: LockState | null,
  id: string,
): Promise<PointFacts> {
  const vault = new Vault(connection);
  const newest = index.proofs.get(id)?.[0];
  const [manifest, lastProof, failure] = await Promise.all([
    index.manifests.has(id) ? readManifest(vault, id) : null,
    newest === undefined ? null : readProof(vault, newest),
    index.failures.has(id) && newest === undefined ? readFailure(vault, keys.failure(vault.suite, id)) : null,
  ]);
  return {
    id,
    manifest,
    lastProof,
    failure,
    lock: lock?.lock.id === id ? lock : null,
    decided: index.decided.get(id) ?? null,
    policy: policyOf(connection),
    readsFrom: connection.readsFrom,
  };
}

/** Where an id was found, ready to read the point. */
export interface Resolved {
  id: string;
  index: PointIndex;
  lock: LockState | null;
}

/**
 * The id that `latest`, `latest-proven` or an id stands for. `latest` is the newest point that was stored: a run that failed made none.
 * @throws OperatorError NotFound
 */
export async function resolvePoint(connection: Connection, wanted: string): Promise<Resolved> {
  const vault = new Vault(connection);
  if (wanted === 'latest' || wanted === 'latest-proven') {
    const proven = wanted === 'latest-proven';
    const enough = (recent: PointIndex) => (proven ? provenIds(recent) : storedIds(recent)).length > 0;
    const [index, lock] = await Promise.all([readIndexUntil(vault, new Date(), enough), readLockState(connection)]);
    const id = proven ? (await newestProven(connection, index, lock))?.id : storedIds(index)[0];
    const unchecked = proven && id === undefined ? await connection.evidence.problem() : null;
    if (unchecked) throw unchecked;
    if (id === undefined) throw notFound(proven ? 'There is no proven recovery point yet.' : 'There is no recovery point yet.');
    return { id, index, lock };
  }
  if (!isId(wanted)) throw notFound(`${JSON.stringify(wanted)} is no id of a recovery point (such as 20261123T020000Z).`);
  const [index, lock] = await Promise.all([readIndexOf(vault, wanted), readLockState(connection)]);
  if (!idsOf(index, lock?.lock.id ?? null).includes(wanted)) throw notFound(`There is no recovery point ${wanted}.`);
  return { id: wanted, index, lock };
}

/** The newest point that is proven once it was read: a damaged or forged one is skipped, whatever the keys say. */
export async function newestProven(connection: Connection, index: PointIndex, lock: LockState | null): Promise<Point | null> {
  // Without the key none is: they need not all be read to know that.
  if (await connection.evidence.problem()) return null;
  for (const id of provenIds(index)) {
    const [point] = await readPoints(connection, index, lock, [id]);
    if (point?.state === 'proven') return point;
  }
  return null;
}

/** The point of an id that a run just worked on; null when that run left nothing behind. */
export async function readPoint(connection: Connection, id: string): Promise<Point | null> {
  const [index, lock] = await Promise.all([readIndexOf(new Vault(connection), id), readLockState(connection)]);
  if (!idsOf(index, lock?.lock.id ?? null).includes(id)) return null;
  return (await readPoints(connection, index, lock, [id]))[0]!;
}

function notFound(message: string): OperatorError {
  return new OperatorError('NotFound', message);
}
