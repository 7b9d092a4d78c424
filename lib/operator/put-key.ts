import { readFile } from 'node:fs/promises';
import { text as allOf } from 'node:stream/consumers';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { OperatorError } from './operator-error.ts';
import type { Verb } from './verb.ts';

export interface PutKeyFields {
  /** Its name or ARN, and the version that holds the new value. */
  secret: string | null;
  versionId: string | null;
}

/** What the stack says of its secrets. */
const secretsSchema = z.object({ privateKey: z.string().nullable(), passphrase: z.string().nullable() });

/** It goes to the host under RSA-OAEP with a key of 3,072 bits, which takes 318 bytes; the last is the end of the line. */
const LONGEST_PASSPHRASE = 317;
const PRIVATE_KEY = /^\s*AGE-SECRET-KEY-1|-----BEGIN PGP PRIVATE KEY BLOCK-----/im;

/** Gives a secret its new value, of which older points need the old part, too. What it holds is never shown. */
export const putKey: Verb<PutKeyFields> = {
  empty: { secret: null, versionId: null },

  async run({ connection }, request) {
    const kind = request.passphrase ? 'passphrase' : 'privateKey';
    const secret = secretsSchema.parse(JSON.parse(connection.stack.keySecrets))[kind];
    if (secret === null) {
      throw new OperatorError('UsageInvalid', `The suite file names no secret for this: set encryption.${kind}, and deploy.`);
    }
    const value = request.file === undefined ? await allOf(process.stdin) : await readFile(request.file, 'utf8');
    if (kind === 'privateKey' && !PRIVATE_KEY.test(value)) {
      throw new OperatorError(
        'UsageInvalid',
        'This holds neither an age identity (AGE-SECRET-KEY-1…) nor a private key block of PGP.',
      );
    }
    if (kind === 'passphrase' && (value.split('\n')[0] ?? '') === '') {
      throw new OperatorError('UsageInvalid', 'The first line, which is the newest passphrase, is empty.');
    }
    if (kind === 'passphrase' && value.split('\n').some((line) => Buffer.byteLength(line) > LONGEST_PASSPHRASE)) {
      throw new OperatorError('UsageInvalid', `A passphrase may have ${LONGEST_PASSPHRASE} bytes at most.`);
    }
    const { VersionId = null } = await connection.secrets.send(
      new PutSecretValueCommand({ SecretId: secret, SecretString: value }),
    );
    return { fields: { secret, versionId: VersionId }, error: null };
  },

  text: ({ secret }) =>
    secret === null ? '' : `Stored in ${secret}. Whether it opens what is stored, a proof tells: suite-backup verify latest`,
};
