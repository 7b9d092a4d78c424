import * as z from 'zod';
import { encodeList } from '../contract/encoding.ts';
import { keys } from '../contract/keys.ts';
import { ITEM_PHASES, type JournalEntry, RUN_PHASES, stoppedWriters } from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { readJournal, stamp } from './records.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  item: z.string().nullable(),
  phase: z.enum([...ITEM_PHASES, ...RUN_PHASES]),
  result: z.unknown(),
});

const vault = new Vault(required('BUCKET'));

/**
 * Adds a line to the journal of a restore. Whoever must put things back after a kill has nothing else to go by. Answers which containers
 * stand still by then, also those that an earlier run of this restore stopped.
 */
export const handler = agent(input, async ({ suite, restoreId, item, phase, result }) => {
  const now = new Date();
  const entry: JournalEntry = {
    schema: 'suite-backup.restore-step.v1',
    restoreId,
    at: now.toISOString(),
    item,
    phase,
    result: result ?? null,
  };
  await vault.putOnce(keys.restoreStep(suite, restoreId, stamp(now), item, phase), JSON.stringify(entry));
  if (phase !== 'writers') return { containers: '' };
  return { containers: encodeList(stoppedWriters(await readJournal(vault, suite, restoreId))) };
});
