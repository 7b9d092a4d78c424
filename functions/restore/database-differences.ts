import type { Check } from '../contract/proof.ts';
import { compareFingerprints } from '../postgres/compare-fingerprints.ts';
import type { Fingerprint } from '../postgres/fingerprint.ts';

/** One table, sequence, or all large objects: what is wrong with it, in a sentence. */
export interface DatabaseDifference {
  readonly kind: Check['kind'];
  /** As quote_ident writes it; `large objects` for those. */
  readonly name: string;
  readonly state: 'missing' | 'extra' | 'differs';
  readonly message: string;
}

/** What of a live database is not as the recovery point has it; empty when they are the same. */
export function databaseDifferences(source: string, point: Fingerprint, live: Fingerprint): DatabaseDifference[] {
  return compareFingerprints(source, point, live)
    .filter(({ ok }) => !ok)
    .map(({ kind, name, expected, actual, message }) => ({
      kind,
      name,
      state: actual === null ? 'missing' : expected === null ? 'extra' : 'differs',
      message,
    }));
}
