import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const NOUNS =
  /\b(backups?|vault|recovery|proofs?|manifest|verif(y|ies|ication)|restor\w*|dumps?|fingerprint\w*|retain|retention|drill|snapshot)\b/i;
/** CDK's own names for the files of an assembly. */
const OF_CDK = [/'manifest\.json'/, /'cdk:asset-manifest'/];
/** S3's own names for asking for the bytes of an archived object and for locking one, and its own words about that. */
const OF_S3 = [
  /RestoreObject/,
  /'RestoreRequest'/,
  /RestoreAlreadyInProgress/,
  /'x-amz-restore'/,
  /'InvalidObjectState'/,
  /(Get|Put)ObjectRetention/,
  /object-lock-(retain-until-date|remaining-retention-days)/,
];

describe('the local engine', () => {
  it('carries out any assembly: no word of what this project does occurs in it', () => {
    const files = globSync('lib/local-engine/**/*.{ts,mjs,sh}', { cwd: ROOT });
    expect(files.length).toBeGreaterThan(100);
    const said = files.flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .map((line, index) => ({ place: `${file}:${index + 1}`, line }))
        .filter(({ line }) => NOUNS.test(line) && ![...OF_CDK, ...OF_S3].some((name) => name.test(line))),
    );
    expect(said).toEqual([]);
  });
});
