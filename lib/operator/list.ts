import type { Point } from './point.ts';
import { idsOf, readIndex } from './point-index.ts';
import { pointMark, proofText, reasonText, sourcesText, staysText } from './point-text.ts';
import { readLockState, readPoints } from './points.ts';
import { ageText, bytesText, table } from './text.ts';
import { Vault } from './vault.ts';
import type { Verb } from './verb.ts';

export interface ListFields {
  points: Point[];
  /** How many older ones are not among them (--limit). */
  older: number;
}

/** All recovery points in every state, newest first. */
export const list: Verb<ListFields> = {
  empty: { points: [], older: 0 },

  async run({ connection }, request) {
    const [index, lock] = await Promise.all([readIndex(new Vault(connection)), readLockState(connection)]);
    const all = idsOf(index, lock?.lock.id ?? null);
    const ids = all.slice(0, request.limit);
    const points = await readPoints(connection, index, lock, ids);
    return { fields: { points, older: all.length - ids.length }, error: await connection.evidence.problem() };
  },

  text({ points, older }, style) {
    if (points.length === 0) return 'There is no recovery point yet. Make the first one: suite-backup backup';
    const header = ['', 'id', 'state', 'restorable', 'started', 'size', 'sources', 'stays', 'proof', 'label', 'reason'];
    const rows = points.map((point) => [
      pointMark(style, point),
      point.id,
      point.state,
      point.restorable ? 'yes' : 'no',
      ageText(style, point.startedAt),
      point.bytes > 0 ? bytesText(point.bytes) : '',
      sourcesText(point),
      staysText(point),
      proofText(style, point),
      point.label ?? '',
      reasonText(point),
    ]);
    const more = older > 0 ? `\n${older} older ones are not shown (--limit).` : '';
    return `${table(style, header, rows, ['size'])}${more}`;
  },
};
