import type { Manifest, ManifestSource, StoredArtifact } from '../contract/manifest.ts';

export interface Shrink {
  /** Part of the last proven size that may be missing, 0 to 1. */
  readonly share: number;
  /** Bytes that may be missing whatever the share: small sources breathe. */
  readonly bytes: number;
}

/**
 * A source that shrank a lot may be one that was lost: a migration that ran twice, a volume that was mounted empty. Stored sizes are
 * compared, since both were made the same way.
 */
export function anomalyOf(
  label: string,
  artifacts: readonly Pick<StoredArtifact, 'role' | 'bytes'>[],
  reference: Manifest | undefined,
  { share, bytes: least }: Shrink,
): ManifestSource['anomaly'] {
  const before = reference?.sources.find((source) => source.label === label && source.state === 'captured');
  if (!reference || !before) return null;
  const [previousBytes, bytes] = [before.artifacts, artifacts].map((list) =>
    list.reduce((sum, artifact) => sum + artifact.bytes, 0),
  );
  const lost = previousBytes! - bytes!;
  if (lost < least || lost <= share * previousBytes!) return null;
  return { previousId: reference.id, previousBytes: previousBytes!, bytes: bytes! };
}
