import { describe, expect, it } from 'vitest';
import { anomalyOf } from '../../../functions/backup/anomaly.ts';
import type { Manifest } from '../../../functions/contract/manifest.ts';

const MB = 1_000_000;
const LABEL = 'volume-uploads';
const SHRINK = { share: 0.5, bytes: MB };

const artifact = (bytes: number) => ({ role: 'archive' as const, bytes });
/** A proven point whose source had so many bytes. */
const proven = (bytes: number, state = 'captured') =>
  ({ id: '20261122T020000Z', sources: [{ label: LABEL, state, artifacts: [artifact(bytes)] }] }) as unknown as Manifest;

describe('a source that shrank', () => {
  it('to less than the share of its last proven size is an anomaly with both sizes', () => {
    expect(anomalyOf(LABEL, [artifact(4 * MB)], proven(10 * MB), SHRINK)).toEqual({
      previousId: '20261122T020000Z',
      previousBytes: 10 * MB,
      bytes: 4 * MB,
    });
  });

  it('is looked at as a whole, not artifact by artifact', () => {
    expect(anomalyOf(LABEL, [artifact(3 * MB), artifact(3 * MB)], proven(10 * MB), SHRINK)).toBeNull();
  });

  it('and stores plain SQL no more, or stores it now, is compared by what it stored both times', () => {
    const plain = { role: 'plain-sql' as const, bytes: 20 * MB };
    const twice = { ...proven(10 * MB), sources: [{ ...proven(10 * MB).sources[0]!, artifacts: [artifact(10 * MB), plain] }] };
    expect(anomalyOf(LABEL, [artifact(9 * MB)], twice as Manifest, SHRINK)).toBeNull();
    expect(anomalyOf(LABEL, [artifact(4 * MB), plain], proven(10 * MB), SHRINK)).toMatchObject({ bytes: 4 * MB });
  });

  it.each([
    ['by just the share', 5 * MB, proven(10 * MB)],
    ['by less than small sources breathe', 1, proven(MB - 1)],
    ['not at all', 11 * MB, proven(10 * MB)],
    ['since a point that is not known', 1, undefined],
    ['since a point in which it was absent', 1, proven(10 * MB, 'absent')],
  ])('%s is none', (_, bytes, reference) => {
    expect(anomalyOf(LABEL, [artifact(bytes)], reference, SHRINK)).toBeNull();
  });
});
