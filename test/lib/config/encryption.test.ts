import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSuite } from '../../../lib/config/parse-suite.ts';
import { SuiteInvalid } from '../../../lib/config/suite-invalid.ts';
import { hasTool, PgpKeys } from '../../support/encryption-tools.ts';
import { problemsOf, suiteWith } from './suite-file.ts';

// Of the specification: https://github.com/C2SP/C2SP/blob/main/age.md
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/key-a1B2c3';
const AGE = { mode: 'age', recipients: [RECIPIENT], privateKey: 'shop/key' };

const encryptionOf = (encryption: unknown, local = false) => parseSuite(suiteWith({ encryption }), { local }).encryption;
const problemsIn = (encryption: unknown) => problemsOf(suiteWith({ encryption })).map(({ path, message }) => [path, message]);

describe('the encryption of a suite file', () => {
  it('names recipients and where what opens them lies; a name is made, an ARN exists', () => {
    expect(encryptionOf(AGE)).toEqual({
      mode: 'age',
      recipients: [RECIPIENT],
      passphraseFile: null,
      privateKey: { name: 'shop/key', arn: null },
      passphrase: null,
      kmsKey: null,
    });
    expect(encryptionOf({ ...AGE, privateKey: ARN }).privateKey).toEqual({ name: 'shop/key', arn: ARN });
  });

  it('on one machine finds no secret of an account, so it makes one of that name', () => {
    const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    expect(encryptionOf({ ...AGE, privateKey: ARN, kmsKey }, true)).toMatchObject({
      privateKey: { name: 'shop/key', arn: null },
      kmsKey: null,
    });
  });

  it('may go on opening what was stored before, whatever it does today', () => {
    expect(encryptionOf({ mode: 'none', privateKey: 'old/key' })).toMatchObject({
      mode: 'none',
      privateKey: { name: 'old/key' },
    });
    expect(encryptionOf({ ...AGE, passphrase: 'old/passphrase' })).toMatchObject({ passphrase: { name: 'old/passphrase' } });
  });

  it('is refused with all that is wrong in it at once', () => {
    const mistyped = RECIPIENT.replace('zvky', 'zvkz');
    expect(problemsIn({ mode: 'age', recipients: [RECIPIENT, mistyped], privateKey: 'a b', passphraseFile: '/x' })).toEqual([
      ['encryption.recipients[1]', 'must be an age recipient (age1…), whole and without a mistake'],
      ['encryption.privateKey', expect.stringContaining('must be the name of a secret')],
      ['encryption.passphraseFile', 'is not known'],
    ]);
    expect(problemsIn({ mode: 'gpg-symmetric', passphraseFile: 'relative' })).toEqual([
      ['encryption.passphraseFile', 'must be the absolute path of a file'],
      ['encryption.passphrase', 'is missing'],
    ]);
    expect(problemsIn({ mode: 'rot13' })).toEqual([['encryption.mode', expect.stringContaining("'age'")]]);
    expect(problemsIn({ ...AGE, recipients: [] })).toEqual([['encryption.recipients', 'name at least one recipient']]);
    expect(problemsIn({ ...AGE, passphrase: 'shop/key' })).toEqual([
      ['encryption', 'privateKey and passphrase must be two secrets'],
    ]);
  });

  it('never shows a private key that stands where a public one belongs', () => {
    const raw = suiteWith({ encryption: { ...AGE, recipients: [IDENTITY] } });
    expect(problemsOf(raw)[0]).toMatchObject({ path: 'encryption.recipients[0]', value: '(holds a private key)' });
    expect(() => parseSuite(raw, { local: false })).toThrow(SuiteInvalid);
    expect(() => parseSuite(raw, { local: false })).not.toThrow(new RegExp(IDENTITY));
  });
});

describe.runIf(hasTool('gpg'))("the key of gpg's recipient", () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const keys = new PgpKeys(folder);
  const [one, other] = [keys.make('One <one@example.org>', 'cv25519', ''), keys.make('Other <other@example.org>', 'rsa2048', '')];
  afterAll(() => rmSync(folder, { recursive: true }));
  const withKey = (recipientKey: unknown) => ({ mode: 'gpg', recipientKey, privateKey: 'shop/key' });

  it('is one public key, or several, each a text of its own', () => {
    expect(encryptionOf(withKey(one.publicKey)).recipients).toEqual([one.publicKey]);
    expect(encryptionOf(withKey([one.publicKey, other.publicKey])).recipients).toEqual([one.publicKey, other.publicKey]);
  });

  it.each([
    ['no key', 'suite@example.org', /one "-----BEGIN PGP PUBLIC KEY BLOCK-----"/],
    ['a private key', other.privateKey, /is a private key/],
    ['two keys in one text', `${one.publicKey}${other.publicKey}`, /must be one/],
    ['a key that is cut', one.publicKey.split('\n').slice(0, 4).join('\n'), /must be one/],
  ])('is not %s', (_, text, message) => {
    const [problem] = problemsOf(suiteWith({ encryption: withKey(text) }));
    expect(problem).toMatchObject({ message: expect.stringMatching(message) });
    expect(JSON.stringify(problem)).not.toContain('BEGIN PGP PRIVATE');
  });
});
