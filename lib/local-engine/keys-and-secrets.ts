import { join } from 'node:path';
import { jsonService } from './front/json-protocol.ts';
import type { Call, Service } from './front/service.ts';
import type { Loaded } from './load.ts';
import { guarded } from './policies/guard.ts';
import type { Permit } from './policies/right.ts';
import { secretRights } from './policies/rights/secrets.ts';

/** KMS and Secrets Manager. */
export interface KeysAndSecrets {
  /** Throws a `ServiceError` of KMS for a key that cannot encrypt or decrypt now. */
  requireKey: (key: string) => Promise<void>;
  services: { kms: Service; secretsmanager: Service };
}

/** Each is loaded when it is first asked for: an assembly that uses none must not pay for them at every start. */
export function keysAndSecrets(
  { keys, secrets }: Pick<Loaded, 'keys' | 'secrets'>,
  state: string,
  permit: Permit,
): KeysAndSecrets {
  const opened = once(async () => {
    const { Keys } = await import('./kms/keys.ts');
    return new Keys({ ...keys, folder: join(state, 'kms') });
  });
  const requireKey = async (key: string): Promise<void> => (await opened()).requireForEncryption(key);
  const kms = once(async () => {
    const { kmsApi } = await import('./kms/kms-api.ts');
    return kmsApi(await opened(), permit);
  });
  const secretsManager = once(async () => {
    const { secretsApi } = await import('./secrets/secrets-api.ts');
    return secretsApi({ declared: secrets, folder: join(state, 'secrets'), requireKey });
  });
  return {
    requireKey,
    services: {
      kms: jsonService({ version: '1.1', target: 'TrentService', call: when(kms) }),
      secretsmanager: jsonService({
        version: '1.1',
        target: 'secretsmanager',
        call: guarded('Secrets Manager', when(secretsManager), secretRights(secrets), permit),
      }),
    },
  };
}

function when(loaded: () => Promise<Call>): Call {
  return async (...call) => (await loaded())(...call);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
