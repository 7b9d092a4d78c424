import { sealedFormatOf } from '../contract/encryption.ts';
import { isKeyError, NamedError } from '../contract/errors.ts';
import type { ManifestSource, StoredArtifact } from '../contract/manifest.ts';
import type { PlanProblem, RestoreMode } from '../contract/restore.ts';
import { readKeys } from '../runtime/keys.ts';
import { openObject } from '../runtime/read-stored.ts';
import type { Vault } from '../runtime/vault.ts';
import { isRead } from './stored.ts';

/** What no key opens: known before anything is touched. One problem for a source; bytes in an archive cannot be tried before they are thawed. */
export async function keyProblems(vault: Vault, sources: readonly ManifestSource[], mode: RestoreMode): Promise<PlanProblem[]> {
  const sealed = (artifact: StoredArtifact) => isRead(artifact, mode) && sealedFormatOf(artifact.key) !== null;
  const needed = sources.flatMap(({ label, artifacts }) => artifacts.filter(sealed).map((artifact) => ({ label, artifact })));
  if (needed.length === 0) return [];
  const keyring = readKeys();
  keyring.catch(() => {}); // told for each object
  const tried = await Promise.all(
    needed.map(async ({ label, artifact }): Promise<PlanProblem | undefined> => {
      try {
        await openObject(vault, artifact, keyring);
        return undefined;
      } catch (error) {
        // What is gone, cut or archived is found by whoever looks at what is stored.
        if (!(error instanceof NamedError) || !isKeyError(error.name)) return undefined;
        return { path: label, value: error.name, message: error.message };
      }
    }),
  );
  const found = tried.filter((one): one is PlanProblem => one !== undefined);
  return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index);
}
