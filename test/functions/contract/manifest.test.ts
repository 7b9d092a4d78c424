import { describe, expect, it } from 'vitest';
import { type Manifest, parseManifest, serializeManifest } from '../../../functions/contract/manifest.ts';

const PLACE = { suite: 'shop', id: '20261123T020000Z' };
const TIME = '2026-11-23T02:00:00Z';
const MANIFEST: Omit<Manifest, 'checksum'> = {
  schema: 'suite-backup.manifest.v1',
  ...PLACE,
  tier: 'daily',
  trigger: 'manual',
  label: 'before the "4.2" upgrade\n',
  scheduledFor: null,
  startedAt: TIME,
  finishedAt: TIME,
  host: { instanceId: 'i', docker: '1', kernel: '1', tools: {} },
  secretsKeptIn: [],
  previousId: null,
  warnings: [],
  sources: [],
};
const TEXT = serializeManifest(MANIFEST);

describe('a manifest', () => {
  it('that was stored is read as it was', () => {
    expect(parseManifest(TEXT, PLACE)).toMatchObject(MANIFEST);
  });

  const damages: [string, string, RegExp][] = [
    ['is empty', '', /is not JSON/],
    ['is cut off', TEXT.slice(0, -10), /is not JSON/],
    ['is something else', '[]', /does not fit its schema/],
    ['has a field too many', TEXT.replace('{', '{"colour": 1,'), /does not fit its schema.*colour/s],
    ['lacks a field', TEXT.replace(/^ "suite".*\n/m, ''), /does not fit its schema.*suite/s],
    ['has no checksum', TEXT.replace(/,\n "checksum".*\n/, '\n'), /does not fit its schema.*checksum/s],
    ['has another text', TEXT.replace('4.2', '4.3'), /was changed: its checksum is \w{64}, it says \w{64}/],
    ['has another checksum', TEXT.replace(/"checksum": "\w/, '"checksum": "x'), /was changed/],
    ['has its fields in another order', reordered(TEXT), /was changed/],
    ['is that of another point', serializeManifest({ ...MANIFEST, id: '20200101T000000Z' }), /says it is shop 20200101T000000Z/],
    ['is that of another suite', serializeManifest({ ...MANIFEST, suite: 'other' }), /says it is other 20261123T020000Z/],
  ];
  it.each(damages)('that %s is not believed', (_, text, message) => {
    expect(text).not.toBe(TEXT);
    expect(() => parseManifest(text, PLACE)).toThrow(
      expect.objectContaining({ name: 'ManifestInvalid', message: expect.stringMatching(message) }),
    );
  });
});

function reordered(text: string): string {
  const { tier, ...others } = JSON.parse(text) as Manifest;
  return JSON.stringify({ ...others, tier });
}
