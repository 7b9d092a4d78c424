import * as z from 'zod';
import { artifactOf } from '../contract/manifest.ts';
import { type Check, sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import { globalsStatements, statementSubject } from '../postgres/globals-text.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { readStoredText } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf, storeFindings } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  label: z.string(),
  restoredKey: z.string(),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Are the roles in the scratch server those that were captured? Passwords' verifiers are compared, but no message holds one. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  const { key, versionId } = artifactOf(source, 'globals');
  const user = source.server?.bootstrapUser ?? '';
  const expected = globalsStatements(await readStoredText(point, key, versionId), user);
  const actual = globalsStatements(await readStoredText(vault, place.restoredKey), user);
  const missing = expected.filter((statement) => !actual.includes(statement));
  const extra = actual.filter((statement) => !expected.includes(statement));
  const ok = missing.length + extra.length === 0;
  const check: Check = {
    kind: 'restore',
    source: source.name,
    name: 'roles',
    ok,
    severity: 'failure',
    expected: { statements: expected.length },
    actual: { statements: actual.length },
    message: ok ? `${expected.length} statements about roles restored and the same.` : say(missing, extra),
    error: ok ? null : 'FingerprintMismatch',
  };
  return storeFindings(vault, place, sectionName('restore', place.label), [check]);
});

function say(missing: string[], extra: string[]): string {
  const list = (statements: string[]) => [...new Set(statements.map(statementSubject))].slice(0, 10).join(', ');
  const parts = [missing.length && `not restored: ${list(missing)}`, extra.length && `too many: ${list(extra)}`];
  return `Roles differ after the restore; ${parts.filter(Boolean).join('; ')}.`;
}
