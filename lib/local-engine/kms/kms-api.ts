import { refuseUnknownParameters, unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import type { Permit } from '../policies/right.ts';
import { keyRights } from '../policies/rights/kms.ts';
import { sealedBy } from './encrypt.ts';
import { decrypt, encrypt, generateDataKey } from './encrypting-actions.ts';
import { cancelKeyDeletion, describeKey, disableKey, enableKey, rotateKeyOnDemand, scheduleKeyDeletion } from './key-actions.ts';
import type { Keys } from './keys.ts';
import { checkSignature, getPublicKey, sign } from './signing-actions.ts';

/** What an action may be told, and what it does. */
interface Action {
  parameters: string[];
  perform: (keys: Keys, parameters: Record<string, unknown>) => unknown;
}

const SIGNING = ['KeyId', 'Message', 'MessageType', 'SigningAlgorithm'];

const ACTIONS: Record<string, Action> = {
  CancelKeyDeletion: { parameters: ['KeyId'], perform: cancelKeyDeletion },
  Decrypt: { parameters: ['CiphertextBlob', 'EncryptionContext', 'KeyId', 'EncryptionAlgorithm'], perform: decrypt },
  DescribeKey: { parameters: ['KeyId'], perform: describeKey },
  DisableKey: { parameters: ['KeyId'], perform: disableKey },
  EnableKey: { parameters: ['KeyId'], perform: enableKey },
  Encrypt: { parameters: ['KeyId', 'Plaintext', 'EncryptionContext', 'EncryptionAlgorithm'], perform: encrypt },
  GenerateDataKey: { parameters: ['KeyId', 'KeySpec', 'NumberOfBytes', 'EncryptionContext'], perform: generateDataKey },
  GetPublicKey: { parameters: ['KeyId'], perform: getPublicKey },
  RotateKeyOnDemand: { parameters: ['KeyId'], perform: rotateKeyOnDemand },
  ScheduleKeyDeletion: { parameters: ['KeyId', 'PendingWindowInDays'], perform: scheduleKeyDeletion },
  Sign: { parameters: SIGNING, perform: sign },
  Verify: { parameters: [...SIGNING, 'Signature'], perform: checkSignature },
};

/** The KMS API. Results are those of AWS; blobs travel as base64. */
export function kmsApi(keys: Keys, permit: Permit): Call {
  return async (name, parameters, { region, principal, context }) => {
    const action = ACTIONS[name];
    if (action === undefined) throw unknownAction('KMS', name);
    refuseUnknownParameters(name, parameters, action.parameters);
    const inRegion = keys.in(region);
    const key = keyOf(inRegion, parameters);
    if (key !== undefined) permit(principal, keyRights(name, key, parameters), context);
    return action.perform(inRegion, parameters);
  };
}

/** ARN of the key that an action is on: who decrypts need not name it, since the ciphertext does. Undefined: the action says what is wrong. */
function keyOf(keys: Keys, { KeyId, CiphertextBlob }: Record<string, unknown>): string | undefined {
  if (KeyId !== undefined) return keys.find(KeyId).arn;
  const ids = typeof CiphertextBlob === 'string' ? sealedBy(Buffer.from(CiphertextBlob, 'base64')) : undefined;
  return ids && keys.find(ids.keyId).arn;
}
