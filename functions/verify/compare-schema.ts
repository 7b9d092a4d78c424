import * as z from 'zod';
import { type Check, COPIES } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import { compareSchemas, schemaEntries } from '../postgres/schema-text.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { readStoredText } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf, storeFindingsOfCopy } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  label: z.string(),
  copy: z.enum(COPIES).default('dump'),
  artifacts: z.array(z.object({ role: z.string(), key: z.string() })),
});

/** A proof names that many entries one by one. */
const NAMED = 50;

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Is every table, index, constraint, function and grant of the stored schema text in the restored database, and nothing else? */
export const handler = agent(input, async (place) => {
  const source = sourceOf(await readPoint(stored(place.from), place), place.label);
  const textOf = (role: string) => readStoredText(vault, place.artifacts.find((artifact) => artifact.role === role)?.key ?? '');
  const expected = schemaEntries(await textOf('expected-schema'));
  const actual = schemaEntries(await textOf('schema'));
  const differences = compareSchemas(expected, actual);
  const ok = differences.length === 0;
  const base = { kind: 'schema' as const, source: source.name, severity: 'failure' as const };
  const summary: Check = {
    ...base,
    name: 'schema',
    ok,
    expected: { entries: expected.size },
    actual: { entries: actual.size, different: differences.length },
    message: ok ? `${expected.size} entries are the same.` : `${differences.length} entries of the schema differ.`,
    error: ok ? null : 'FingerprintMismatch',
  };
  const details = differences.slice(0, NAMED).map(({ entry, problem }): Check => {
    const message = `${entry} is ${problem === 'extra' ? 'too many' : problem} after the restore.`;
    return {
      ...base,
      name: entry,
      ok: false,
      expected: problem !== 'extra',
      actual: problem !== 'missing',
      message,
      error: 'FingerprintMismatch',
    };
  });
  return storeFindingsOfCopy(vault, place, 'schema', [...details, summary]);
});
