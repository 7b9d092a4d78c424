import type { ArchiveClass } from '../contract/archive.ts';
import type { ManifestSource, StoredArtifact } from '../contract/manifest.ts';
import type { Vault } from '../runtime/vault.ts';

export interface Archived {
  readonly artifact: StoredArtifact;
  readonly storageClass: ArchiveClass;
  /** Its bytes are on their way. */
  readonly isAskedFor: boolean;
}

/** Objects of these sources that cannot be read now. One that is gone is not among them: who needs it will say so. */
export async function archivedArtifacts(vault: Vault, sources: readonly ManifestSource[]): Promise<Archived[]> {
  const looked = sources
    .flatMap(({ artifacts }) => artifacts)
    .map(async (artifact) => {
      const head = await vault.head(artifact.key, artifact.versionId);
      return head?.archived ? [{ artifact, ...head.archived }] : [];
    });
  return (await Promise.all(looked)).flat();
}
