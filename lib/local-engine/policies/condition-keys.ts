/**
 * Condition keys that a call on this engine can carry; a policy that asks for any other is refused when it is loaded, because the engine
 * could only guess. Names are compared in lower case. Which key comes with which call: `rights/`, `principal.ts`, `authorizer.ts`.
 */
const ONE_VALUE = [
  'aws:CurrentTime',
  'aws:EpochTime',
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalIsAWSService',
  'aws:PrincipalServiceName',
  'aws:PrincipalType',
  'aws:RequestedRegion',
  'aws:ResourceAccount',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'aws:SourceIp',
  'aws:username',
  'aws:ViaAWSService',
  'events:ManagedBy',
  'kms:CallerAccount',
  'kms:ViaService',
  's3:authType',
  's3:delimiter',
  's3:if-match',
  's3:if-none-match',
  's3:max-keys',
  's3:object-lock-legal-hold',
  's3:object-lock-mode',
  's3:object-lock-remaining-retention-days',
  's3:object-lock-retain-until-date',
  's3:ObjectCreationOperation',
  's3:prefix',
  's3:ResourceAccount',
  's3:signatureAge',
  's3:signatureversion',
  's3:VersionId',
  's3:x-amz-acl',
  's3:x-amz-content-sha256',
  's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:x-amz-storage-class',
  'sts:ExternalId',
  'sts:RoleSessionName',
];
/** With several values at once: they need ForAllValues or ForAnyValue. */
const MANY_VALUES = ['kms:EncryptionContextKeys', 'kms:ResourceAliases', 's3:RequestObjectTagKeys'];
/** Followed by a name of the user's choice. */
const FAMILIES = ['kms:EncryptionContext:', 's3:ExistingObjectTag/', 's3:RequestObjectTag/'];

const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
const one = new Set(lower(ONE_VALUE));
const many = new Set(lower(MANY_VALUES));
const families = lower(FAMILIES);

/** How many values a key has in a request; undefined where the engine does not know the key. */
export function valuesOfKey(name: string): 'one' | 'many' | undefined {
  const key = name.toLowerCase();
  if (one.has(key) || families.some((family) => key.startsWith(family) && key.length > family.length)) return 'one';
  return many.has(key) ? 'many' : undefined;
}
