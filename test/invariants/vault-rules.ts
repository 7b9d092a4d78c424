import { describe, expect, it } from 'vitest';
import { keys } from '../../functions/contract/keys.ts';
import { TIERS } from '../../functions/contract/tiers.ts';
import { readable, type SynthesizedApp } from './synthesized-app.ts';

interface Rule {
  Id: string;
  Prefix?: string;
  TagFilters?: { Key: string; Value: string }[];
  ExpirationInDays?: number;
  NoncurrentVersionExpiration?: { NoncurrentDays: number };
  Transitions?: { StorageClass: string; TransitionInDays: number }[];
  ExpiredObjectDeleteMarker?: boolean;
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
}

export function vaultRules(app: SynthesizedApp): void {
  const bucket = app.vaultBucket();
  const arn = `\${${bucket.id}.Arn}`;
  const statements = app.bucketPolicy(bucket);
  const statement = (sid: string) => statements.find(({ Sid }) => Sid === sid);
  const rules = (bucket.properties.LifecycleConfiguration as { Rules: Rule[] }).Rules;
  const artifacts = `${app.suite}/artifacts/`;

  describe('the vault', () => {
    it('is one bucket: versioned, encrypted with a key of its own, closed to the public', () => {
      expect(app.ofType('AWS::S3::Bucket')).toHaveLength(2);
      expect(readable(bucket.properties)).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: expect.stringMatching(/^\$\{Key/) },
            },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
    });

    it('and its key outlive their stack, and the stack cannot be deleted by mistake', () => {
      const { Resources } = app.template('vault');
      const kept = Object.values(Resources).filter(({ Type }) => Type === 'AWS::S3::Bucket' || Type === 'AWS::KMS::Key');
      expect(kept).toHaveLength(4);
      for (const resource of kept) expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(app.artifact('vault').properties).toMatchObject({ terminationProtection: true });
    });

    it('holds every stateful thing: without the workflows nothing of a point is gone', () => {
      const types = Object.values(app.template('backup').Resources).map(({ Type }) => Type);
      expect(types).not.toContain('AWS::S3::Bucket');
    });

    it('rotates its keys', () => {
      const symmetric = app.ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeyUsage !== 'SIGN_VERIFY');
      expect(symmetric.length).toBeGreaterThan(1);
      for (const key of symmetric) expect(key.properties).toMatchObject({ EnableKeyRotation: true });
    });

    it('lets two agents sign manifests and proofs, whatever rights others are given', () => {
      const [key] = app.ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeyUsage === 'SIGN_VERIFY');
      expect(readable((key!.properties.KeyPolicy as { Statement: object[] }).Statement)).toContainEqual({
        Sid: 'OnlySealAndProofSign',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'kms:Sign',
        Resource: '*',
        Condition: {
          ArnNotLike: {
            'aws:PrincipalArn': ['seal', 'write-proof'].map(
              (agent) => `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${app.suite}-backup-${agent}`,
            ),
          },
        },
      });
    });
  });

  describe('the policy of the vault', () => {
    it('refuses every request without TLS', () => {
      expect(statements).toContainEqual({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
    });

    it('refuses every put that could replace an object, for anybody, and exempts only the parts of an upload', () => {
      expect(statement('WriteOnce')).toEqual({
        Sid: 'WriteOnce',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:PutObject',
        NotResource: `${arn}/${keys.lock(app.suite)}`,
        Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      });
    });

    it('lets the lock be replaced only by who names what it replaces', () => {
      expect(statement('LockIsNeverReplacedBlindly')).toEqual({
        Sid: 'LockIsNeverReplacedBlindly',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:PutObject',
        Resource: `${arn}/${keys.lock(app.suite)}`,
        Condition: {
          Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
          Bool: { 's3:ObjectCreationOperation': 'true' },
        },
      });
    });

    it('refuses the host everything but putting artifacts, whatever else its role carries', () => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how `plain` writes a reference
      const role = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/';
      const Condition = { ArnLike: { 'aws:PrincipalArn': [`${role}docker-host`, `${role}*/docker-host`] } };
      const host = { Effect: 'Deny', Principal: { AWS: '*' }, Condition };
      expect(statement('HostOnlyPutsArtifacts')).toEqual({
        Sid: 'HostOnlyPutsArtifacts',
        ...host,
        NotAction: ['s3:PutObject', 's3:AbortMultipartUpload'],
        Resource: `${arn}/${artifacts}*`,
      });
      expect(statement('HostDoesNothingElse')).toEqual({
        Sid: 'HostDoesNothingElse',
        ...host,
        Action: 's3:*',
        NotResource: `${arn}/${artifacts}*`,
      });
    });

    it('refuses whoever is none of ours to read, write, tag or delete an object, whatever rights on all buckets he has', () => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how `plain` writes a reference
      const role = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/';
      const found = statement('OnlyOurRoles') as unknown as { Action: string[]; Condition: object };
      expect(found).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' }, Resource: `${arn}/*` });
      expect(found.Condition).toEqual({
        ArnNotLike: {
          'aws:PrincipalArn': [
            `${role}${app.suite}-backup-*`,
            `${role}${app.suite}-vault-reader`,
            `${role}${app.suite}-vault-replication`,
            `${role}docker-host`,
            `${role}*/docker-host`,
          ],
        },
        Bool: { 'aws:PrincipalIsAWSService': 'false' },
      });
      for (const action of ['GetObject', 'PutObject', 'DeleteObject', 'PutObjectTagging', 'PutObjectRetention', 'RestoreObject'])
        expect(found.Action).toContain(`s3:${action}`);
    });

    it('lets one agent remove a version, which must be a marker, and nobody pass by a lock', () => {
      expect(statement('NobodyElseRemovesVersions')).toMatchObject({
        Effect: 'Deny',
        Action: 's3:DeleteObjectVersion',
        Resource: `${arn}/*`,
        Condition: {
          ArnNotLike: {
            'aws:PrincipalArn': [`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${app.suite}-backup-show-again`],
          },
        },
      });
      expect(statement('NobodyPassesByALock')).toEqual({
        Sid: 'NobodyPassesByALock',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:BypassGovernanceRetention',
        Resource: `${arn}/*`,
      });
    });

    it('refuses bytes that another key, or none, encrypts', () => {
      const [key] = app.ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeyUsage !== 'SIGN_VERIFY');
      expect(statement('OnlyWithThisKey')).toMatchObject({
        Effect: 'Deny',
        Action: 's3:PutObject',
        Resource: `${arn}/*`,
        Condition: {
          Null: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'false' },
          StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': `\${${key!.id}.Arn}` },
        },
      });
      expect(statement('OnlyEncrypted')).toMatchObject({
        Effect: 'Deny',
        Action: 's3:PutObject',
        Resource: `${arn}/*`,
        Condition: {
          Null: { 's3:x-amz-server-side-encryption': 'false' },
          StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
        },
      });
    });

    it('allows nobody anything: rights stand in the roles', () => {
      expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
    });
  });

  describe('the logs of the vault', () => {
    const logs = app.logBucket();

    it('lie in a bucket of their own, which has no part in them and keeps them for more than a year', () => {
      expect(readable(bucket.properties.LoggingConfiguration)).toEqual({
        DestinationBucketName: `\${${logs.id}}`,
        LogFilePrefix: 'access/',
      });
      expect(logs.properties.LoggingConfiguration).toBeUndefined();
      const days = (logs.properties.LifecycleConfiguration as { Rules: Rule[] }).Rules.map((rule) => rule.ExpirationInDays);
      expect(days).toEqual([400, undefined]);
    });

    it('are written by the two services alone, for this bucket and by this trail', () => {
      const policy = app.bucketPolicy(logs);
      const allowed = policy.filter(({ Effect }) => Effect === 'Allow') as unknown as Record<string, object>[];
      expect(new Set(allowed.map(({ Principal }) => Object.values(Principal!)[0]))).toEqual(
        new Set(['logging.s3.amazonaws.com', 'cloudtrail.amazonaws.com']),
      );
      const delivered = allowed.find(({ Principal }) => Object.values(Principal!)[0] === 'logging.s3.amazonaws.com');
      expect(delivered!.Condition).toMatchObject({ ArnLike: { 'aws:SourceArn': arn } });
      expect(policy.find(({ Sid }) => Sid === 'OnlyThisTrail')).toMatchObject({
        Effect: 'Deny',
        Principal: { Service: 'cloudtrail.amazonaws.com' },
        Condition: { StringNotEquals: { 'aws:SourceArn': expect.stringContaining(`:trail/${app.suite}-vault`) } },
      });
    });

    it('tell of every call on an object, and of every change of bucket and keys', () => {
      const [trail] = app.ofType('AWS::CloudTrail::Trail');
      expect(readable(trail!.properties)).toMatchObject({
        IsLogging: true,
        EnableLogFileValidation: true,
        EventSelectors: [
          { IncludeManagementEvents: true, ReadWriteType: 'WriteOnly' },
          { IncludeManagementEvents: false, DataResources: [{ Type: 'AWS::S3::Object', Values: [`${arn}/`] }] },
        ],
      });
    });
  });

  describe('the lifecycle of the vault', () => {
    it('never touches what is pinned', () => {
      // Below `work/` no object belongs to a point.
      const removing = rules
        .filter((rule) => rule.ExpirationInDays || rule.NoncurrentVersionExpiration)
        .filter(({ Prefix }) => Prefix !== keys.work(app.suite));
      const blind = removing.filter(({ TagFilters, Prefix }) => {
        const mayHoldPins = [keys.manifests(app.suite), artifacts, keys.proofs(app.suite)].some(
          (prefix) => prefix.startsWith(Prefix ?? '') || (Prefix ?? '').startsWith(prefix),
        );
        return mayHoldPins && (!TagFilters?.length || TagFilters[0]!.Value === 'pinned');
      });
      expect(blind.map(({ Id }) => Id)).toEqual([]);
    });

    it.each(TIERS.filter((tier) => tier !== 'yearly'))('keeps the artifacts of a %s point longer than its manifest', (tier) => {
      const days = (prefix: string) =>
        rules.find(({ Prefix, TagFilters }) => Prefix === prefix && TagFilters?.[0]?.Value === tier)?.ExpirationInDays;
      const manifest = days(keys.manifests(app.suite))!;
      expect(manifest).toBe({ daily: 7, weekly: 28, monthly: 372 }[tier]);
      expect(days(artifacts)).toBe(manifest + 2);
      expect(days(keys.proofs(app.suite))).toBe(manifest + 2);
    });

    it('keeps a yearly point for ever', () => {
      const yearly = rules.filter(({ TagFilters }) => TagFilters?.[0]?.Value === 'yearly');
      expect(yearly.filter((rule) => rule.ExpirationInDays || rule.NoncurrentVersionExpiration)).toEqual([]);
    });

    it('moves only the artifacts of the long tiers to a colder class, and not what a listing reads', () => {
      const moved = rules.filter(({ Transitions }) => Transitions?.length);
      expect(moved.map(({ Prefix, TagFilters, Transitions }) => [Prefix, TagFilters, Transitions])).toEqual(
        ['monthly', 'yearly'].map((Value) => [
          artifacts,
          [{ Key: 'retention', Value }],
          [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }],
        ]),
      );
    });

    it('lets a hidden version of a point be brought back for two weeks at least', () => {
      const tagged = rules.filter(({ TagFilters, ExpirationInDays }) => TagFilters?.length && ExpirationInDays);
      expect(tagged.length).toBeGreaterThan(0);
      for (const rule of tagged) expect(rule.NoncurrentVersionExpiration!.NoncurrentDays).toBeGreaterThanOrEqual(14);
    });

    it('clears away markers and uploads that nobody finished, by a rule of their own', () => {
      const [rule, ...others] = rules.filter((one) => one.ExpiredObjectDeleteMarker || one.AbortIncompleteMultipartUpload);
      expect(others).toEqual([]);
      expect(rule).toMatchObject({ ExpiredObjectDeleteMarker: true, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } });
      expect(rule!.TagFilters).toBeUndefined();
    });

    it('has one name for each rule', () => {
      expect(new Set(rules.map(({ Id }) => Id)).size).toBe(rules.length);
    });
  });
}
