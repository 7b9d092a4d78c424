import { describe, expect, it } from 'vitest';
import { play } from '../scripted-run.ts';
import { storyOf } from '../story.ts';
import { approvals } from './approvals.ts';
import type { ForeignMachine } from './foreign-machine.ts';
import { images } from './images.ts';
import { jobs } from './jobs.ts';
import { ledgers } from './ledgers.ts';
import { orders } from './orders.ts';

const domains: Record<string, ForeignMachine[]> = { orders, jobs, images, approvals, ledgers };

for (const [domain, machines] of Object.entries(domains)) {
  describe(`a machine about ${domain} runs as AWS documents it`, () => {
    it.each(machines)('$title', async (foreign) => {
      const { outcome, events, clock } = await play(foreign);
      const wanted = 'output' in foreign.expected ? { status: 'SUCCEEDED', ...foreign.expected } : foreign.expected;
      expect(outcome).toMatchObject(wanted);
      if ('output' in foreign.expected) expect(outcome).toEqual(wanted);
      expect(storyOf(events)).toEqual(foreign.story);
      expect({ seconds: clock.elapsed, sleeping: clock.sleeping }).toEqual({ seconds: foreign.seconds, sleeping: 0 });
    });
  });
}
