import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Announcement } from '../../../functions/alerts/announce.ts';

const FACTS: Announcement = {
  suite: 'shop',
  workflow: 'backup',
  executionArn: 'arn:aws:states:eu-west-1:123456789012:execution:shop-backup-backup:run-1',
  id: '20261123T020000Z',
  name: 'SourceEmpty',
  message: 'Volume uploads holds nothing.',
  sources: [{ label: 'volume-uploads', name: 'SourceEmpty', message: 'Volume uploads holds nothing.' }],
};

let announce: typeof import('../../../functions/alerts/announce.ts');
beforeAll(async () => {
  vi.stubEnv('TOPIC_ARN', 'arn:aws:sns:eu-west-1:123456789012:alerts');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  announce = await import('../../../functions/alerts/announce.ts');
});
afterAll(() => void vi.unstubAllEnvs());

describe('an alert', () => {
  it('says in its subject what failed, and where', () => {
    expect(announce.subjectOf(FACTS)).toBe('shop: backup failed: SourceEmpty (20261123T020000Z)');
  });

  it('tells of a restore that is done as well', () => {
    const done = { ...FACTS, workflow: 'restore', name: null, message: 'All is back.', sources: [] };
    expect(announce.subjectOf(done)).toBe('shop: restore done (20261123T020000Z)');
    expect(announce.textOf(done)).toMatch(/restore of shop is done.*All is back/s);
  });

  it('has a subject that SNS takes', () => {
    const subject = announce.subjectOf({ ...FACTS, suite: `sh\nöp${'x'.repeat(200)}` });
    expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
  });

  it('tells the reason, every source, what to do, where to read on and what to look at', () => {
    const text = announce.textOf(FACTS);
    for (const part of [
      'Volume uploads holds nothing.',
      'volume-uploads: SourceEmpty',
      'declare it optional',
      'docs/RUNBOOK.md, heading "SourceEmpty"',
      FACTS.executionArn,
    ]) {
      expect(text).toContain(part);
    }
  });

  it('sends the reader of an unknown error to the heading for unknown errors', () => {
    expect(announce.textOf({ ...FACTS, name: 'States.Runtime', id: null, sources: [] })).toContain('heading "Unexpected"');
  });
});
