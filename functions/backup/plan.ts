import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { isoSeconds, nextId } from '../contract/ids.ts';
import { keys, sourceLabel } from '../contract/keys.ts';
import { lockSchema } from '../contract/lock.ts';
import { type Manifest, type Notice, storedBytes } from '../contract/manifest.ts';
import { backupRequest } from '../contract/requests.ts';
import type { Source } from '../contract/sources.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { Vault } from '../runtime/vault.ts';
import { captureParameters } from './capture-parameters.ts';
import { newestIds, readSealed, recentIds } from './recovery-points.ts';

const input = z.object({
  suite: z.string(),
  executionArn: z.string(),
  request: backupRequest,
  /** From the machine's own definition, so checked when it was made. */
  sources: z.custom<Source[]>(Array.isArray),
});

/** So many manifests are read to see whether the scheduled time is done: the scheduler delivers at least once, within the hour. */
const NEWEST = 3;

const vault = new Vault(required('BUCKET'));
const signing = new Signing();

/** Gives the recovery point its id and every source its document's parameters, and writes both into the lock for whoever must clean up. */
export const handler = agent(input, async ({ suite, executionArn, request, sources }) => {
  const now = new Date();
  const points = await newestIds(vault, suite, now);
  const failures = await recentIds(vault, keys.failures(suite), now);
  const newest = await Promise.all(points.slice(-NEWEST).map((id) => readSealed(vault, signing, suite, id)));
  const known = newest.filter((manifest): manifest is Manifest => manifest !== undefined);
  const done = request.scheduledFor && known.find(({ scheduledFor }) => scheduledFor === request.scheduledFor);
  if (done) return { outcome: 'AlreadyDone', id: done.id };

  const { id, clockBehind } = nextId(now, [...points, ...failures].sort().at(-1));
  const warnings: Notice[] = clockBehind
    ? [
        {
          name: 'ClockBehind',
          source: null,
          message: `The clock says ${isoSeconds(now)}, but a newer recovery point exists; this one is ${id}.`,
        },
      ]
    : [];
  const place = { bucket: vault.bucket, prefix: keys.artifactPrefix(suite, id) };
  const planned = sources.map((source) => ({
    kind: source.kind,
    name: source.name,
    label: sourceLabel(source.kind, source.name),
    document: `capture-${source.kind}`,
    parameters: captureParameters(source, sources, place, { lastBytes: lastBytes(known.at(-1), source) }),
  }));
  await tellLock(suite, executionArn, id, {
    ...request,
    sources: planned.map(({ label, kind, name }) => ({ label, kind, name })),
  });
  return { outcome: 'Planned', id, startedAt: isoSeconds(now), previousId: points.at(-1) ?? null, sources: planned, warnings };
});

function lastBytes(manifest: Manifest | undefined, { kind, name }: Source): number {
  const source = manifest?.sources.find((candidate) => candidate.kind === kind && candidate.name === name);
  return source ? storedBytes([source]) : 0;
}

async function tellLock(suite: string, executionArn: string, id: string, request: z.infer<typeof lockSchema>['request']) {
  const key = keys.lock(suite);
  const stored = await vault.read(key);
  const lock = stored && lockSchema.parse(JSON.parse(stored.text));
  if (lock?.executionArn !== executionArn) throw new NamedError('LockHeld', 'The lock was taken over by another run.');
  const told = await vault.replace(key, JSON.stringify({ ...lock, id, request }), stored!.etag);
  if (!told) throw new NamedError('LockHeld', 'The lock was taken over by another run.');
}
