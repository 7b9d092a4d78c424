import * as z from 'zod';
import { ID_PATTERN, isId } from './ids.ts';
import { keys } from './keys.ts';
import { TIERS } from './tiers.ts';

/**
 * What may be decided about a recovery point: to let it go when its tier's days are over, to hold it without an end (`floor`: it is one of the
 * newest proven ones; `kept`: an operator said so), or to let it go at once (`pruned`). `damaged`: it was to be held and is not whole; it is not
 * counted on until it is proven again, and stays as it lies for somebody to look at.
 */
export const HOLDS = ['tier', 'floor', 'kept', 'pruned', 'damaged'] as const;
export type Hold = (typeof HOLDS)[number];

const TIME_PATTERN = /^\d{8}T\d{9}Z$/;

/** A decision about one point. It is stored once and never changed: the newest counts, and its key says it all. */
export const orderSchema = z.object({
  id: z.string().regex(ID_PATTERN),
  /** Sortable, with milliseconds: `20261123T020000123Z`. */
  time: z.string().regex(TIME_PATTERN),
  hold: z.enum(HOLDS),
  /** The longest that it qualifies for; a point that is held is given back to it. */
  tier: z.enum(TIERS),
  /** What the run asked for that made it. */
  asked: z.enum(TIERS),
});
export type Retained = Readonly<z.infer<typeof orderSchema>>;

/** The time of a decision that must be newer than the last one, also when the clock was set back. */
export function nextTime(now: Date, last: string | undefined): string {
  const text = (time: Date) => time.toISOString().replace(/[-:.]/g, '');
  if (last === undefined || text(now) > last) return text(now);
  const at = (from: number, to: number) => last.slice(from, to);
  const before = `${at(0, 4)}-${at(4, 6)}-${at(6, 8)}T${at(9, 11)}:${at(11, 13)}:${at(13, 15)}.${at(15, 18)}Z`;
  return text(new Date(Date.parse(before) + 1));
}

export function retentionKey(suite: string, { id, time, hold, tier, asked }: Retained): string {
  return `${keys.retention(suite)}${id}/${time}.${hold}.${tier}.${asked}.json`;
}

/** Undefined for keys of another form. */
export function parseRetentionKey(suite: string, key: string): Retained | undefined {
  const [id = '', name = ''] = key.slice(keys.retention(suite).length).split('/');
  const [time = '', hold, tier, asked, ending] = name.split('.');
  if (!isId(id) || !TIME_PATTERN.test(time) || ending !== 'json') return undefined;
  if (!isOneOf(HOLDS, hold) || !isOneOf(TIERS, tier) || !isOneOf(TIERS, asked)) return undefined;
  return { id, time, hold, tier, asked };
}

/** Whether its newest proof counts: one that passed before the point turned out to be damaged does not. */
export function isProven(
  proof: { readonly proofId: string; readonly passed: boolean } | undefined,
  decided: Retained | undefined,
): boolean {
  if (!proof?.passed) return false;
  const seconds = '20261123T020000'.length;
  return decided?.hold !== 'damaged' || proof.proofId.slice(0, seconds) > decided.time.slice(0, seconds);
}

/** The newest decision about each point. */
export function newestDecisions(suite: string, stored: Iterable<string>): Map<string, Retained> {
  const newest = new Map<string, Retained>();
  for (const key of stored) {
    const retained = parseRetentionKey(suite, key);
    if (retained && retained.time > (newest.get(retained.id)?.time ?? '')) newest.set(retained.id, retained);
  }
  return newest;
}

function isOneOf<Word extends string>(words: readonly Word[], word: string | undefined): word is Word {
  return words.includes(word as Word);
}
