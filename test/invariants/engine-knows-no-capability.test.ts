import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const NOUNS =
  /\b(backups?|vault|recovery|proofs?|manifest|verif(y|ies|ication)|restor\w*|dumps?|fingerprint\w*|retain|retention|drill|snapshot)\b/i;
/** CDK's own names for the files of an assembly. */
const OF_CDK = [/'manifest\.json'/, /'cdk:asset-manifest'/];
/** S3's own names for asking for the bytes of an archived object, and its own words about that. */
const OF_S3 = [
  /RestoreObject/,
  /'RESTORE'/,
  /'RestoreRequest'/,
  /RestoreAlreadyInProgress/,
  /'x-amz-restore'/,
  /'InvalidObjectState'/,
];
/** S3's own names for the lock of an object version, and its own words about that. */
const OF_OBJECT_LOCK = [
  /(Get|Put)ObjectRetention|BypassGovernanceRetention/,
  /object-lock-(retain-until-date|remaining-retention-days)/,
  /'x-amz-bypass-governance-retention'/,
  /marks: \['retention'\]/,
  /(parseXml|answerXml)\(.*'Retention'/,
  /'The retain until date must be/,
];
/** KMS's own name for an action of its table. */
const OF_KMS = [/^ {2}Verify: \{ parameters/];
const AWS_SAYS = [...OF_CDK, ...OF_S3, ...OF_OBJECT_LOCK, ...OF_KMS];

describe('the local engine', () => {
  it('carries out any assembly: no word of what this project does occurs in it', () => {
    const files = globSync('lib/local-engine/**/*.{ts,mjs,sh}', { cwd: ROOT });
    expect(files.length).toBeGreaterThan(100);
    const said = files.flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .map((line, index) => ({ place: `${file}:${index + 1}`, line }))
        .filter(({ line }) => NOUNS.test(line) && !AWS_SAYS.some((name) => name.test(line))),
    );
    expect(said).toEqual([]);
  });
});
