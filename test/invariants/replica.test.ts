import { afterAll, describe, expect, it } from 'vitest';
import { keys } from '../../functions/contract/keys.ts';
import { list, readable, STACKS, SynthesizedApp } from './synthesized-app.ts';

const REGION = 'eu-west-1';
const [HERE, THERE] = ['111122223333', '444455556666'];
const ALL = [...STACKS, 'replica'];
const lock = { mode: 'governance' };
const sources = { volumes: [{ name: 'uploads' }] };
const app = new SynthesizedApp({ sources, vault: { lock, replica: { region: REGION } } }, ALL);
const other = new SynthesizedApp({ sources, vault: { replica: { region: REGION, account: THERE, vaultAccount: HERE } } }, ALL);
afterAll(() => {
  app.remove();
  other.remove();
});

interface Rule {
  Id: string;
  Prefix: string;
  TagFilters?: { Value: string }[];
  ExpirationInDays?: number;
  NoncurrentVersionExpiration?: { NoncurrentDays: number };
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: how `readable` writes references
const ROLE = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/';
const BUCKET = `arn:\${AWS::Partition}:s3:::${app.suite}-replica-\${AWS::AccountId}`;
const KEY = `arn:\${AWS::Partition}:kms:${REGION}:\${AWS::AccountId}:key/*`;
const THROUGH_S3 = `s3.${REGION}.\${AWS::URLSuffix}`;
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: how `readable` writes references

const isReplica = (name: unknown) => JSON.stringify(name ?? '').includes('-replica-');
const bucketsOf = (of: SynthesizedApp) => of.ofType('AWS::S3::Bucket').filter(({ properties }) => properties.ObjectLockEnabled);
const replicaOf = (of: SynthesizedApp) => bucketsOf(of).find(({ properties }) => isReplica(properties.BucketName))!;
const vaultOf = (of: SynthesizedApp) => bucketsOf(of).find(({ properties }) => !isReplica(properties.BucketName))!;
const rulesOf = (bucket: { properties: Record<string, unknown> }) =>
  (bucket.properties.LifecycleConfiguration as { Rules: Rule[] }).Rules;
const policyOf = (of: SynthesizedApp) => {
  const [policy] = Object.values(of.template('replica').Resources).filter(({ Type }) => Type === 'AWS::S3::BucketPolicy');
  const { PolicyDocument } = policy!.Properties as { PolicyDocument: { Statement: object[] } };
  return readable(PolicyDocument.Statement) as Record<string, unknown>[];
};
const rights = app
  .statements()
  .filter(({ raw }) => raw.Effect === 'Allow')
  .map(({ of, actions, raw }) => ({ of, actions, resources: list(readable(raw.Resource)) as string[], raw: readable(raw) }))
  .filter(({ resources }) => resources.some((resource) => resource.includes('-replica-') || resource === KEY));

describe('the replica', () => {
  it('is a stack of its own in its region, deployed before the vault, tied to it by names alone', () => {
    expect(app.artifact('replica')).toMatchObject({
      environment: `aws://unknown-account/${REGION}`,
      properties: { terminationProtection: true },
    });
    expect(app.artifact('vault')).toMatchObject({ dependencies: expect.arrayContaining([`${app.suite}-replica`]) });
    for (const stack of ALL) expect(JSON.stringify(app.template(stack))).not.toContain('CrossRegion');
    expect(JSON.stringify(app.template('replica'))).not.toContain('Fn::ImportValue');
    expect(readable(replicaOf(app).properties.BucketName)).toBe(BUCKET.split(':::')[1]);
  });

  it('is protected as the vault is, with a key of its own, and both outlive their stack', () => {
    const { Resources } = app.template('replica');
    const kept = Object.values(Resources).filter(({ Type }) => Type === 'AWS::S3::Bucket' || Type === 'AWS::KMS::Key');
    expect(kept.map(({ Type }) => Type).sort()).toEqual(['AWS::KMS::Key', 'AWS::S3::Bucket']);
    for (const resource of kept) expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    const [vault, replica] = [vaultOf(app).properties, replicaOf(app).properties];
    for (const name of [
      'VersioningConfiguration',
      'PublicAccessBlockConfiguration',
      'OwnershipControls',
      'ObjectLockEnabled',
      'ObjectLockConfiguration',
    ])
      expect([name, replica[name]]).toEqual([name, vault[name] ?? 'is set']);
    expect(readable(replica.BucketEncryption)).toMatchObject({
      ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
    });
    expect(Object.values(Resources).find(({ Type }) => Type === 'AWS::KMS::Alias')!.Properties).toMatchObject({
      AliasName: `alias/${app.suite}-replica`,
    });
  });

  it('keeps every tier 30 days longer than the vault, hidden versions 30 days, and yearly points for ever', () => {
    const tagged = (of: ReturnType<typeof vaultOf>) =>
      Object.fromEntries(rulesOf(of).flatMap((rule) => (rule.TagFilters ? [[rule.Id, rule.ExpirationInDays]] : [])));
    const [vault, replica] = [tagged(vaultOf(app)), tagged(replicaOf(app))];
    const kept = Object.entries(vault).filter(([id]) => !id.startsWith('failed-'));
    expect(replica).toEqual(Object.fromEntries(kept.map(([id, days]) => [id, days && days + 30])));
    for (const rule of rulesOf(replicaOf(app)).filter(({ TagFilters }) => TagFilters))
      expect(rule.NoncurrentVersionExpiration?.NoncurrentDays ?? 30).toBe(30);
  });

  it('has no rule that knows what is given up, or pinned, and removes nothing of a point by its place alone', () => {
    const rules = rulesOf(replicaOf(app));
    expect(JSON.stringify(rules)).not.toMatch(/failed|pinned/);
    const blind = rules.filter((rule) => !rule.TagFilters && (rule.ExpirationInDays || rule.NoncurrentVersionExpiration));
    expect(blind.map(({ Prefix }) => Prefix)).toEqual([keys.work(app.suite)]);
  });

  it('lets our roles read, replication write, and nobody delete or pass by a lock', () => {
    const denied = Object.fromEntries(policyOf(app).map(({ Sid, ...statement }) => [Sid ?? 'tls', statement]));
    const on = { Effect: 'Deny', Principal: { AWS: '*' } };
    const but = (...names: string[]) => ({
      ArnNotLike: { 'aws:PrincipalArn': names.map((name) => `${ROLE}${app.suite}-${name}`) },
    });
    const one = (name: string) => ({ ArnNotLike: { 'aws:PrincipalArn': [`${ROLE}${app.suite}-${name}`] } });
    expect(denied.tls).toMatchObject({ ...on, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(denied.OnlyOurRolesRead).toMatchObject({ ...on, Condition: but('backup-*', 'vault-reader') });
    expect(denied.OnlyReplicationWrites).toMatchObject({ ...on, Condition: one('vault-replication') });
    for (const action of ['PutObject', 'ReplicateObject', 'ReplicateTags', 'PutObjectVersionTagging', 'PutObjectRetention'])
      expect(denied.OnlyReplicationWrites!.Action).toContain(`s3:${action}`);
    expect(denied.NobodyDeletes).toMatchObject({
      ...on,
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ReplicateDelete'],
    });
    expect(denied.NobodyDeletes).not.toHaveProperty('Condition');
    expect(denied.NobodyPassesByALock).toMatchObject({ ...on, Action: 's3:BypassGovernanceRetention' });
    expect(policyOf(app).filter(({ Effect }) => Effect !== 'Deny')).toEqual([]);
  });
});

describe('replication', () => {
  const { Rules } = readable(vaultOf(app).properties.ReplicationConfiguration) as { Rules: Record<string, unknown>[] };

  it('copies what points are made of, encrypted with the key of the replica, and no deletes', () => {
    const prefixes = [keys.manifests, keys.artifacts, keys.proofs, keys.retention].map((prefix) => prefix(app.suite));
    expect(Rules.map(({ Filter }) => (Filter as { Prefix: string }).Prefix)).toEqual(prefixes);
    for (const rule of Rules)
      expect(rule).toMatchObject({
        Status: 'Enabled',
        DeleteMarkerReplication: { Status: 'Disabled' },
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
        Destination: {
          Bucket: BUCKET,
          EncryptionConfiguration: { ReplicaKmsKeyID: KEY.replace('key/*', `alias/${app.suite}-replica`) },
          Metrics: { Status: 'Enabled' },
        },
      });
    expect(new Set(Rules.map(({ Priority }) => Priority)).size).toBe(Rules.length);
  });

  it('has a role for S3 alone, which may copy, and can neither read for itself nor delete', () => {
    const role = app.ofType('AWS::IAM::Role').find(({ properties }) => properties.RoleName === `${app.suite}-vault-replication`)!;
    const { Statement } = role.properties.AssumeRolePolicyDocument as { Statement: object[] };
    expect(Statement).toEqual([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' } }]);
    const own = app.statements().filter(({ of }) => of.startsWith('ReplicationRole'));
    expect(own.flatMap(({ actions }) => actions).sort()).toEqual(
      [
        's3:GetReplicationConfiguration',
        's3:ListBucket',
        's3:GetObjectVersionForReplication',
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionTagging',
        's3:GetObjectRetention',
        's3:GetObjectLegalHold',
        's3:ReplicateObject',
        's3:ReplicateTags',
        'kms:Decrypt',
        'kms:Encrypt',
        'kms:GenerateDataKey',
      ].sort(),
    );
  });

  it('alone writes to the replica; the others read, and use its key only through S3 and for its bucket', () => {
    const READING = [
      's3:GetObject',
      's3:GetObjectVersion',
      's3:GetObjectVersionTagging',
      's3:ListBucket',
      's3:ListBucketVersions',
    ];
    const more = rights.filter(({ of }) => !of.startsWith('ReplicationRole')).flatMap(({ actions }) => actions);
    expect(new Set(more)).toEqual(new Set([...READING, 's3:RestoreObject', 'kms:Decrypt']));
    const withKey = rights.filter(({ resources }) => resources.includes(KEY));
    expect(withKey.length).toBeGreaterThan(10);
    for (const { raw } of withKey)
      expect((raw as { Condition: object }).Condition).toEqual({
        'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${app.suite}-replica` },
        StringEquals: { 'kms:ViaService': THROUGH_S3, 'kms:EncryptionContext:aws:s3:arn': BUCKET },
      });
  });

  it('leaves the operator without a byte of an artifact there, too', () => {
    const own = rights.filter(({ of, actions }) => of.startsWith('Operator') && actions.includes('s3:GetObject'));
    expect(own.flatMap(({ resources }) => resources)).toEqual(
      [keys.manifests, keys.proofs, keys.retention].map((prefix) => `${BUCKET}/${prefix(app.suite)}*`),
    );
  });
});

describe('a replica in another account', () => {
  it('owns what is copied to it, and lets in the roles of the vault and nobody else of their account', () => {
    const { Rules } = readable(vaultOf(other).properties.ReplicationConfiguration) as { Rules: { Destination: object }[] };
    for (const { Destination } of Rules)
      expect(Destination).toMatchObject({
        Account: THERE,
        AccessControlTranslation: { Owner: 'Destination' },
        Bucket: `${BUCKET.slice(0, BUCKET.lastIndexOf('-'))}-${THERE}`,
      });
    const allowed = policyOf(other).filter(({ Effect }) => Effect === 'Allow') as {
      Sid: string;
      Principal: { AWS: string };
      Condition: object;
    }[];
    expect(allowed.map(({ Sid }) => Sid)).toEqual(['ReplicationCopies', 'ReplicationLooks', 'OurRolesRead', 'OurRolesList']);
    for (const { Principal, Condition } of allowed) {
      expect(Principal.AWS).toContain(`:${HERE}:root`);
      expect(JSON.stringify(Condition)).toMatch(new RegExp(`:iam::${HERE}:role/${other.suite}-(backup-\\*|vault-re)`));
    }
  });

  it('is deployed to that account, whose key lets the same roles in through S3', () => {
    expect(other.artifact('replica')).toMatchObject({ environment: `aws://${THERE}/${REGION}` });
    const [key] = Object.values(other.template('replica').Resources).filter(({ Type }) => Type === 'AWS::KMS::Key');
    const { KeyPolicy } = key!.Properties as { KeyPolicy: { Statement: object[] } };
    const through = { 'kms:ViaService': THROUGH_S3 };
    expect((readable(KeyPolicy.Statement) as object[]).slice(1)).toMatchObject([
      { Sid: 'ReplicationEncrypts', Action: ['kms:Encrypt', 'kms:GenerateDataKey'], Condition: { StringEquals: through } },
      { Sid: 'OurRolesDecrypt', Action: 'kms:Decrypt', Condition: { StringEquals: through } },
    ]);
  });
});
