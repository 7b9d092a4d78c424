import type { Manifest, ManifestSource } from '../../../functions/contract/manifest.ts';
import type { RestoreOptions } from '../../../functions/contract/restore.ts';
import type { Source } from '../../../functions/contract/sources.ts';

export const POINT = '20261123T020000Z';

export const options = (change: Partial<RestoreOptions> = {}): RestoreOptions => ({
  mode: 'full',
  sources: [],
  tables: [],
  paths: [],
  to: null,
  replace: false,
  allowUnproven: false,
  from: 'vault',
  safetyPoint: true,
  thawTier: 'Standard',
  ...change,
});

const access = { container: 'db', user: null, passwordVariable: null, optional: false } as const;
export const SOURCES: Source[] = [
  { kind: 'database', name: 'shop', database: 'shop', fingerprint: 'hash', ownership: 'drop', plainSql: false, ...access },
  { kind: 'globals', name: 'db', ...access },
  { kind: 'volume', name: 'uploads', volume: 'shop_uploads', exclude: [], optional: false },
  { kind: 'path', name: 'exports', container: 'app', path: '/app/exports', exclude: [], optional: false },
  { kind: 'files', name: 'certificates', directory: '/etc/ssl/certs', include: ['shop.*'], exclude: [], optional: true },
  { kind: 'files', name: 'environment', directory: '/srv/shop', include: ['.env'], exclude: [], optional: false },
];

function captured(declared: Source): ManifestSource {
  const role = declared.kind === 'database' ? 'dump' : declared.kind === 'globals' ? 'globals' : 'archive';
  const container = { name: 'db', id: '1', image: 'postgres:15', imageId: 'sha256:1', imageDigests: null, labels: {} };
  return {
    kind: declared.kind,
    name: declared.name,
    label: `${declared.kind}-${declared.name}`,
    declared: { ...declared },
    resolved: null,
    state: 'captured',
    reason: null,
    artifacts: [
      {
        role,
        key: `shop/artifacts/${POINT}/${declared.kind}-${declared.name}`,
        versionId: 'v1',
        bytes: 1000,
        rawBytes: role === 'archive' ? 5000 : null,
        sha256: 'a'.repeat(64),
        chunkBytes: 1000,
        chunks: [],
        compression: 'zstd',
        encryption: 'none',
        seconds: 1,
      },
    ],
    container: declared.kind === 'database' || declared.kind === 'globals' ? container : null,
    server:
      declared.kind === 'database'
        ? {
            version: '15.4',
            versionNumber: 150004,
            clientVersion: 'pg_dump 15.4',
            bootstrapUser: 'postgres',
            sharedPreloadLibraries: '',
            encoding: 'UTF8',
          }
        : null,
    anomaly: null,
  };
}

export const manifest = (edit: (sources: ManifestSource[]) => ManifestSource[] = (sources) => sources): Manifest => ({
  schema: 'suite-backup.manifest.v1',
  id: POINT,
  suite: 'shop',
  tier: 'daily',
  trigger: 'manual',
  label: null,
  scheduledFor: null,
  startedAt: '2026-11-23T02:00:00Z',
  finishedAt: '2026-11-23T02:01:00Z',
  host: { instanceId: 'i-1', docker: '28', kernel: '6', tools: {} },
  secretsKeptIn: [],
  previousId: null,
  sources: edit(SOURCES.map(captured)),
  warnings: [],
  checksum: 'x',
});
