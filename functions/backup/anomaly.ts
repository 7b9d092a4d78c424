import type { Manifest, ManifestSource, StoredArtifact } from '../contract/manifest.ts';

type Sized = Pick<StoredArtifact, 'role' | 'bytes'>;

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
  artifacts: readonly Sized[],
  reference: Manifest | undefined,
  { share, bytes: least }: Shrink,
): ManifestSource['anomaly'] {
  const before = reference?.sources.find((source) => source.label === label && source.state === 'captured');
  if (!reference || !before) return null;
  // What is stored on one side only was switched on or off in the suite file: it says nothing about the source.
  const previousBytes = sizeOf(before.artifacts, artifacts);
  const bytes = sizeOf(artifacts, before.artifacts);
  const lost = previousBytes - bytes;
  if (lost < least || lost <= share * previousBytes) return null;
  return { previousId: reference.id, previousBytes, bytes };
}

/** Bytes of those artifacts whose role the others have, too. */
function sizeOf(artifacts: readonly Sized[], others: readonly Sized[]): number {
  const common = artifacts.filter(({ role }) => others.some((other) => other.role === role));
  return common.reduce((sum, { bytes }) => sum + bytes, 0);
}
