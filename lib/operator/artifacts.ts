import type { Failure } from '../../functions/contract/failure.ts';
import type { Manifest } from '../../functions/contract/manifest.ts';

/** One stored object, or one source that has none. Keys are those of DESIGN §9b; `file` only where the bytes lie on this machine. */
export interface ArtifactRow {
  source: string;
  kind: string;
  state: 'captured' | 'absent' | 'failed';
  reason: { name: string; message: string } | null;
  key: string | null;
  versionId: string | null;
  bytes: number | null;
  rawBytes: number | null;
  sha256: string | null;
  compression: string | null;
  encryption: string | null;
  /** Whom it is encrypted to with a public key. */
  recipients: string[] | null;
  seconds: number | null;
  file?: string;
}

export type Locate = (key: string, versionId: string) => string;

const NOTHING = {
  key: null,
  versionId: null,
  bytes: null,
  rawBytes: null,
  sha256: null,
  compression: null,
  encryption: null,
  recipients: null,
  seconds: null,
};

/** One row per stored object, and one per source that is absent. */
export function artifactsOf(manifest: Manifest, locate: Locate | null): ArtifactRow[] {
  return manifest.sources.flatMap((source): ArtifactRow[] => {
    const row = { source: source.name, kind: source.kind, state: source.state, reason: source.reason };
    if (source.artifacts.length === 0) return [{ ...row, ...NOTHING }];
    return source.artifacts.map(({ key, versionId, bytes, rawBytes, sha256, compression, encryption, recipients, seconds }) => ({
      ...row,
      key,
      versionId,
      bytes,
      rawBytes,
      sha256,
      compression,
      encryption,
      recipients: recipients ?? null,
      seconds,
      ...(locate !== null && { file: locate(key, versionId) }),
    }));
  });
}

/** What a run that failed says of its sources; it stored none for good, so there are no objects to name. */
export function sourcesOfFailure(failure: Failure): ArtifactRow[] {
  return failure.sources.map(({ name, kind, state, reason }) => ({ source: name, kind, state, reason, ...NOTHING }));
}
