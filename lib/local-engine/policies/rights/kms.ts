import type { Context } from '../condition.ts';
import type { Right } from '../right.ts';

/** KMS: every action is on a key. */
export function keyRights(action: string, keyArn: string, { EncryptionContext }: Record<string, unknown>): Right[] {
  const pairs = Object.entries((EncryptionContext ?? {}) as Record<string, string>);
  const context: Context = {
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:encryptioncontext:${name.toLowerCase()}`, value])),
    ...(pairs.length > 0 && { 'kms:encryptioncontextkeys': pairs.map(([name]) => name) }),
  };
  return [{ action: `kms:${action}`, resource: keyArn, context }];
}
