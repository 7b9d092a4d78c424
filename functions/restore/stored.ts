import type { ArchiveClass } from '../contract/archive.ts';
import type { ManifestSource, StoredArtifact } from '../contract/manifest.ts';
import type { RestoreMode } from '../contract/restore.ts';
import type { Vault } from '../runtime/vault.ts';

export interface Archived {
  readonly artifact: StoredArtifact;
  readonly storageClass: ArchiveClass;
  /** Its bytes are on their way. */
  readonly isAskedFor: boolean;
}

export interface Lost {
  readonly label: string;
  readonly name: 'ArtifactMissing' | 'ArtifactChanged';
  readonly message: string;
}

/** A restore that meets a loss only when it fetches has stopped the writers by then. */
export interface Stored {
  /** Objects that cannot be read now. */
  readonly archived: Archived[];
  /** Objects that are not there, or not in the size that was sealed. Other bytes of that size are found when they are fetched. */
  readonly lost: Lost[];
}

/** Looks at every object that a restore of these sources reads, by the version that was sealed. */
export async function lookAtStored(vault: Vault, sources: readonly ManifestSource[], mode: RestoreMode): Promise<Stored> {
  const looked = sources.flatMap(({ label, artifacts }) =>
    artifacts.filter((artifact) => isRead(artifact, mode)).map((artifact) => lookAt(vault, label, artifact)),
  );
  const found = await Promise.all(looked);
  return { archived: found.flatMap(({ archived }) => archived), lost: found.flatMap(({ lost }) => lost) };
}

/** What is only for reading by hand, or by a proof, keeps nobody from a restore when it is gone. */
export function isRead({ role }: StoredArtifact, mode: RestoreMode): boolean {
  return role === 'schema' ? mode === 'tables' : role !== 'plain-sql';
}

async function lookAt(vault: Vault, label: string, artifact: StoredArtifact): Promise<Stored> {
  const { key, versionId, bytes } = artifact;
  const head = await vault.head(key, versionId);
  if (!head) return lost(label, 'ArtifactMissing', `${key} is not in the ${vault.place} any more.`);
  if (head.bytes !== bytes) return lost(label, 'ArtifactChanged', `${key} has ${head.bytes} bytes; ${bytes} were sealed.`);
  return { archived: head.archived ? [{ artifact, ...head.archived }] : [], lost: [] };
}

function lost(label: string, name: Lost['name'], message: string): Stored {
  return { archived: [], lost: [{ label, name, message }] };
}
