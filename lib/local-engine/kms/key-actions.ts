import { ServiceError } from '../service-error.ts';
import type { KeyRecord } from './key-file.ts';
import { SIGNING_SPECS, SYMMETRIC } from './key-specs.ts';
import { invalidState, type Keys } from './keys.ts';
import { invalid } from './parameters.ts';

type Parameters = Record<string, unknown>;

const DAY = 86_400_000;
const SHORTEST_WAIT = 7;
const LONGEST_WAIT = 30;

export function describeKey(keys: Keys, { KeyId }: Parameters): unknown {
  const key = keys.find(KeyId);
  const algorithms = SIGNING_SPECS[key.spec]?.algorithms;
  return {
    KeyMetadata: {
      AWSAccountId: key.arn.split(':')[4],
      KeyId: key.id,
      Arn: key.arn,
      CreationDate: new Date(key.created),
      Description: key.description,
      Enabled: key.state === 'Enabled',
      KeyState: key.state,
      ...(key.deletionDate && { DeletionDate: new Date(key.deletionDate) }),
      KeyUsage: algorithms === undefined ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY',
      KeySpec: key.spec,
      CustomerMasterKeySpec: key.spec,
      ...(algorithms === undefined ? { EncryptionAlgorithms: [SYMMETRIC] } : { SigningAlgorithms: algorithms }),
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      MultiRegion: false,
    },
  };
}

export function disableKey(keys: Keys, { KeyId }: Parameters): void {
  keys.change(notPending(keys.find(KeyId)), { state: 'Disabled' });
}

export function enableKey(keys: Keys, { KeyId }: Parameters): void {
  keys.change(notPending(keys.find(KeyId)), { state: 'Enabled' });
}

export function scheduleKeyDeletion(keys: Keys, { KeyId, PendingWindowInDays = LONGEST_WAIT }: Parameters): unknown {
  const days = Number(PendingWindowInDays);
  if (!Number.isInteger(days) || days < SHORTEST_WAIT || days > LONGEST_WAIT) {
    throw invalid(`PendingWindowInDays is a whole number from ${SHORTEST_WAIT} to ${LONGEST_WAIT}`);
  }
  const key = notPending(keys.find(KeyId));
  const deletionDate = new Date(keys.now.getTime() + days * DAY);
  keys.change(key, { state: 'PendingDeletion', deletionDate: deletionDate.toISOString() });
  return { KeyId: key.arn, DeletionDate: deletionDate, KeyState: 'PendingDeletion', PendingWindowInDays: days };
}

/** A key whose deletion was called off is disabled, until somebody enables it. */
export function cancelKeyDeletion(keys: Keys, { KeyId }: Parameters): unknown {
  const key = keys.find(KeyId);
  if (key.state !== 'PendingDeletion') throw invalidState(`${key.arn} is not pending deletion.`);
  keys.change(key, { state: 'Disabled', deletionDate: undefined });
  return { KeyId: key.arn };
}

/** RotateKeyOnDemand, which keys that sign do not have. */
export async function rotateKeyOnDemand(keys: Keys, { KeyId }: Parameters): Promise<unknown> {
  const key = await keys.usable(KeyId);
  if (key.spec !== SYMMETRIC) throw new ServiceError('UnsupportedOperationException', `${key.arn} cannot be rotated.`);
  await keys.rotate(key);
  return { KeyId: key.arn };
}

function notPending(key: KeyRecord): KeyRecord {
  if (key.state === 'PendingDeletion') throw invalidState(`${key.arn} is pending deletion.`);
  return key;
}
