import { expect, test } from 'vitest';
import { artifactsOf, sourcesOfFailure } from '../../../lib/operator/artifacts.ts';
import { absentSource, sampleFailure, sampleManifest, sampleSource } from './samples.ts';

const manifest = sampleManifest({ sources: [sampleSource(), absentSource(true)] });

test('every object and every absent source has a row', () => {
  expect(artifactsOf(manifest, null)).toEqual([
    {
      source: 'uploads',
      kind: 'volume',
      state: 'captured',
      reason: null,
      key: 'sample-suite/artifacts/20261123T020000Z/volume-uploads.k3f9.tar.zst',
      versionId: 'v1',
      bytes: 1200,
      rawBytes: 4000,
      sha256: 'a'.repeat(64),
      compression: 'zstd',
      encryption: 'none',
      recipients: null,
      seconds: 1.5,
    },
    {
      source: 'certificates',
      kind: 'files',
      state: 'absent',
      reason: { name: 'NoFileMatches', message: 'nothing matches *.pem' },
      key: null,
      versionId: null,
      bytes: null,
      rawBytes: null,
      sha256: null,
      compression: null,
      encryption: null,
      recipients: null,
      seconds: null,
    },
  ]);
});

test('a row says where the bytes lie when they lie here', () => {
  expect(artifactsOf(manifest, (key, version) => `/vault/${key}@${version}`).map((row) => row.file)).toEqual([
    '/vault/sample-suite/artifacts/20261123T020000Z/volume-uploads.k3f9.tar.zst@v1',
    undefined,
  ]);
});

test('a failed run has a row per source, with the reason', () => {
  expect(sourcesOfFailure(sampleFailure())).toMatchObject([
    { source: 'app', kind: 'database', state: 'failed', reason: { name: 'DumpFailed', message: 'lost' }, key: null },
    { source: 'uploads', kind: 'volume', state: 'captured', reason: null, key: null },
  ]);
});
