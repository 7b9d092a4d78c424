import { expect, onTestFinished, test } from 'vitest';
import { onEachDay } from '../../../lib/local-engine/each-day.ts';

test('work is done once on each new UTC day, also after a jump over several', async () => {
  let now = '2026-02-28T23:59:59Z';
  let looks = 0;
  const done: string[] = [];
  const clock = (): Date => {
    looks += 1;
    return new Date(now);
  };
  onTestFinished(onEachDay(() => done.push(now), { clock, lookMilliseconds: 1 }));
  for (const next of ['2026-03-01T00:00:00Z', '2026-03-01T23:59:59Z', '2026-03-09T12:00:00Z']) {
    now = next;
    const before = looks;
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(before + 4);
  }
  expect(done).toEqual(['2026-03-01T00:00:00Z', '2026-03-09T12:00:00Z']);
});
