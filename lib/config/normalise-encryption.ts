import type { EncryptionConfig, Secret } from './suite-config.ts';
import type { SuiteDeclaration } from './suite-schema.ts';

/** The same keys whatever the mode. `local`: a secret of an AWS account is not there, so one of its name is made here, too. */
export function normaliseEncryption(declared: SuiteDeclaration['encryption'], local: boolean): EncryptionConfig {
  const secret = (text: string | null) => (text === null ? null : secretOf(text, local));
  const { mode, privateKey, passphrase, kmsKey } = declared;
  return {
    mode,
    recipients: recipientsOf(declared),
    passphraseFile: 'passphraseFile' in declared ? declared.passphraseFile : null,
    privateKey: secret(privateKey),
    passphrase: secret(passphrase),
    kmsKey: local ? null : kmsKey,
  };
}

function recipientsOf(declared: SuiteDeclaration['encryption']): readonly string[] {
  if (declared.mode === 'age') return declared.recipients;
  return declared.mode === 'gpg' ? [declared.recipientKey].flat() : [];
}

/** Secrets Manager puts "-" and six characters behind the name in an ARN. */
function secretOf(text: string, local: boolean): Secret {
  if (!text.startsWith('arn:')) return { name: text, arn: null };
  const name = text.slice(text.indexOf(':secret:') + ':secret:'.length, -'-XXXXXX'.length);
  return { name, arn: local ? null : text };
}
