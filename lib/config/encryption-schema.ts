import * as z from 'zod';
import { parseRecipient } from '../../functions/encryption/age-keys.ts';
import { recipientProblem } from '../../functions/encryption/pgp-recipient.ts';

/** How artifacts are encrypted on the host, and where agents find what opens them. The suite file holds no secret: names and public keys only. */

const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/;
const KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;

const secret = z
  .string()
  .refine(
    (text) => SECRET_NAME.test(text) || SECRET_ARN.test(text),
    'must be the name of a secret that the vault stack makes (letters, digits and /_+=.@-), or the whole ARN of one that exists',
  );
const ageRecipient = z
  .string()
  .refine((text) => parseRecipient(text) !== undefined, 'must be an age recipient (age1…), whole and without a mistake');
const pgpRecipient = z.string().superRefine((text, context) => {
  const message = recipientProblem(text);
  if (message) context.addIssue({ code: 'custom', message });
});
const absoluteFile = z
  .string()
  .refine((path) => /^\/[^\0\n]*[^\0\n/]$/.test(path) && !path.split('/').includes('..'), 'must be the absolute path of a file');

/** What opened older points may be named together with what opens new ones: the mode of each point stands in its manifest. */
const older = secret.nullable().default(null);
const kmsKey = z.string().regex(KEY_ARN, 'must be the ARN of a KMS key (…:key/…)').nullable().default(null);
const byPassphrase = { passphraseFile: absoluteFile, passphrase: secret, privateKey: older, kmsKey };

export const encryptionSchema = z
  .discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: z.literal('none'), privateKey: older, passphrase: older, kmsKey }),
      z.strictObject({
        mode: z.literal('age'),
        recipients: z.array(ageRecipient).min(1, 'name at least one recipient'),
        privateKey: secret,
        passphrase: older,
        kmsKey,
      }),
      z.strictObject({
        mode: z.literal('gpg'),
        recipientKey: z.union([pgpRecipient, z.array(pgpRecipient).min(1, 'name at least one key')]),
        privateKey: secret,
        passphrase: older,
        kmsKey,
      }),
      z.strictObject({ mode: z.literal('gpg-symmetric'), ...byPassphrase }),
      z.strictObject({ mode: z.literal('openssl'), ...byPassphrase }),
    ],
    "must be 'none', 'age', 'gpg', 'gpg-symmetric' or 'openssl'",
  )
  .refine(
    ({ privateKey, passphrase }) => privateKey === null || privateKey !== passphrase,
    'privateKey and passphrase must be two secrets',
  );
