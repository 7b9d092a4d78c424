import * as z from 'zod';
import type { Failure } from '../contract/failure.ts';
import { idOf, isoSeconds } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { type Lock, lockSchema } from '../contract/lock.ts';
import { readCause } from '../contract/requests.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { isRecorded } from './recorded.ts';

const input = z.object({
  suite: z.string(),
  workflow: z.string(),
  executionArn: z.string(),
  startedAt: z.string(),
  failure: z.object({ name: z.string(), message: z.string() }),
});

const vault = new Vault(required('BUCKET'));

/**
 * Writes down what became of a run that failed, was aborted or timed out. The machine's own path and the rule outside both come here:
 * `first` tells which of them was, and only that one raises the alert.
 */
export const handler = agent(input, async ({ suite, executionArn, startedAt, failure, ...told }) => {
  const stored = await vault.read(keys.lock(suite));
  const lock = stored && lockSchema.parse(JSON.parse(stored.text));
  const own = lock?.executionArn === executionArn ? lock : undefined;
  // Who finds the lock of a dead run does not know what it was.
  const workflow = own?.workflow ?? told.workflow;
  const started = new Date(startedAt);
  const { message, sources } = readCause(failure.message);
  const id = own?.id ?? idOf(started);
  const record: Failure = {
    schema: 'suite-backup.failure.v1',
    id,
    suite,
    workflow,
    executionArn,
    at: isoSeconds(new Date()),
    startedAt: isoSeconds(started),
    name: failure.name,
    message,
    tier: own?.request?.tier ?? null,
    trigger: own?.request?.trigger ?? null,
    label: own?.request?.label ?? null,
    scheduledFor: own?.request?.scheduledFor ?? null,
    sources: sourcesOf(own, sources, { name: failure.name, message }),
  };
  const recorded = await isRecorded(vault, suite, executionArn, started);
  const key = keyOf(record, started, own !== undefined);
  const first = !recorded && (await vault.putOnce(key, JSON.stringify(record))) !== false;
  return { first, workflow, id, name: failure.name, message, sources };
});

/**
 * Only a run that planned a point makes a failed point; any other gets a key that no id is read from. It begins with the run's start, not
 * with the point it was about: that is where `isRecorded` looks.
 */
function keyOf({ suite, workflow, executionArn, id }: Failure, started: Date, planned: boolean): string {
  if (workflow === 'backup' && planned) return keys.failure(suite, id);
  return `${keys.failures(suite)}${idOf(started)}-${workflow}-${executionArn.split(':').at(-1)}.json`;
}

/** A run that names no source ended before or beside capturing them: nothing is known of any, so none counts as captured. */
function sourcesOf(
  lock: Lock | undefined,
  failed: readonly { label: string; name: string; message: string }[],
  whole: { name: string; message: string },
): Failure['sources'] {
  return (lock?.request?.sources ?? []).map(({ label, kind, name }) => {
    const own = failed.find((source) => source.label === label);
    const reason = own ? { name: own.name, message: own.message } : failed.length === 0 ? whole : null;
    return { label, kind, name, state: reason ? 'failed' : 'captured', reason };
  });
}
