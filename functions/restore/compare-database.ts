import * as z from 'zod';
import { LONGEST_MESSAGE, NamedError } from '../contract/errors.ts';
import { artifactOf } from '../contract/manifest.ts';
import { readFrom } from '../contract/replica.ts';
import { parseFingerprint } from '../postgres/fingerprint.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { readStoredText } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { databaseDifferences } from './database-differences.ts';
import { readPoint } from './records.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  label: z.string(),
  /** Where the host put the fingerprint of the database that lies beside the old one. */
  fingerprintKey: z.string(),
});

const TOLD = 20;
const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/**
 * Lets a restored database pass only when every row, sequence and large object is what was captured: nothing else may take the old one's
 * place. @throws NamedError FingerprintMismatch with the tables, ManifestInvalid
 */
export const handler = agent(input, async ({ suite, id, from, label, fingerprintKey }) => {
  const sealed = stored(from);
  const source = (await readPoint(sealed, suite, id)).sources.find((candidate) => candidate.label === label);
  if (!source) throw new NamedError('ManifestInvalid', `The manifest of ${id} has no source ${label}.`);
  const artifact = artifactOf(source, 'fingerprint');
  const point = parseFingerprint(await readStoredText(sealed, artifact.key, artifact.versionId));
  const live = parseFingerprint(await readStoredText(vault, fingerprintKey));
  const differences = databaseDifferences(source.name, point, live);
  if (differences.length === 0) return { tables: point.entries.filter(({ kind }) => kind === 'table').length };
  const told = differences.slice(0, TOLD).map(({ message }) => message);
  const more = differences.length > TOLD ? ` And ${differences.length - TOLD} more.` : '';
  const message = `The restored database is not what was captured, so the old one stays in its place: ${told.join(' ')}${more}`;
  throw new NamedError('FingerprintMismatch', message.slice(0, LONGEST_MESSAGE));
});
