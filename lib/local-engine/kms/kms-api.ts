import { refuseUnknownParameters, unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
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
export function kmsApi(keys: Keys): Call {
  return async (name, parameters, { region }) => {
    const action = ACTIONS[name];
    if (action === undefined) throw unknownAction('KMS', name);
    refuseUnknownParameters(name, parameters, action.parameters);
    return action.perform(keys.in(region), parameters);
  };
}
