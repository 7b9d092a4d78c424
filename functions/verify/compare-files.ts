import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { artifactOf } from '../contract/manifest.ts';
import { sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import { compareFiles } from '../files/compare-files.ts';
import { readInventory } from '../files/inventory.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { openStored } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { failedCheck, readPoint, sourceOf, storeFindings } from './findings.ts';

const input = z.object({ suite: z.string(), id: z.string(), from: readFrom, proofId: z.string(), label: z.string() });

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Unpacks a stored archive, as a stream, and compares every entry with the inventory that was taken beside it. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  const [archive, inventory] = [artifactOf(source, 'archive'), artifactOf(source, 'inventory')];
  const section = sectionName('files', place.label);
  try {
    const listed = await readInventory(await openStored(point, inventory.key, inventory.versionId));
    const tar = await openStored(point, archive.key, archive.versionId);
    const start = Date.now();
    const checks = await compareFiles(source.name, listed, tar);
    return storeFindings(vault, place, section, checks, { restoreSeconds: (Date.now() - start) / 1000 });
  } catch (error) {
    const name = error instanceof NamedError ? error.name : 'ArchiveUnreadable';
    const message = `The archive of ${source.name} cannot be unpacked to its end: ${error instanceof Error ? error.message : error}`;
    return storeFindings(vault, place, section, [failedCheck('files', source.name, archive.key, name, message)]);
  }
});
