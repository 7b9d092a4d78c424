import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { agentRoleName, replicationRoleName, trailName } from '../../functions/contract/names.ts';
import type { Agent } from '../platform/agent.ts';

export interface VaultWatchProps {
  readonly suite: string;
  readonly vault: { readonly bucket: s3.IBucket; readonly key: kms.IKey; readonly signingKey: kms.IKey };
  /** How a call may name the secrets that open the points; none when they are not encrypted. */
  readonly secretIds: readonly (string | { prefix: string })[];
  readonly hostRole: string;
  /** Tells the operators of an event. */
  readonly tell: Agent;
}

/** Agents that delete: the lock, what a proof let the host put, and delete markers. */
export const DELETERS = ['release-lock', 'remove-access', 'show-again'];
/** What an upload consists of. */
const PUTS = ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload'];
const KEY_CHANGES = [
  'CreateGrant',
  'DeleteAlias',
  'DeleteImportedKeyMaterial',
  'DisableKey',
  'DisableKeyRotation',
  'PutKeyPolicy',
  'RetireGrant',
  'RevokeGrant',
  'ScheduleKeyDeletion',
  'UpdateAlias',
];

/** Rules over what the trail of the vault records: each call that none of ours makes is told. They hear what any trail of the account records, too. */
export class VaultWatch extends Construct {
  constructor(scope: Construct, id: string, { suite, vault, secretIds, hostRole, tell }: VaultWatchProps) {
    super(scope, id);
    const { partition, account } = Stack.of(this);
    const ours = `arn:${partition}:sts::${account}:assumed-role/${agentRoleName(suite, '')}`;
    const inVault = { requestParameters: { bucketName: [vault.bucket.bucketName] } };
    const onObjects = { eventCategory: ['Data'], ...inVault };
    const byRole = (userName: unknown[]) => ({ sessionContext: { sessionIssuer: { userName } } });

    const rule = (name: string, description: string, source: string, detail: Record<string, unknown>) =>
      new events.Rule(this, name, {
        description: `${description} (vault of ${suite})`,
        eventPattern: { source: [source], detailType: ['AWS API Call via CloudTrail'], detail },
        targets: [new targets.LambdaFunction(tell.function, { retryAttempts: 10 })],
      });
    // A principal without a session is matched by its lack of one: `anything-but` alone matches nothing that is not there.
    const notARole = [{ exists: false }, { 'anything-but': [hostRole, replicationRoleName(suite)] }];
    rule('Others', 'Somebody who is none of ours touches objects', 'aws.s3', {
      ...onObjects,
      userIdentity: { arn: [{ 'anything-but': { prefix: ours } }], ...byRole(notARole) },
    });
    rule('Outside', 'Somebody outside the account touches objects', 'aws.s3', {
      ...onObjects,
      userIdentity: { type: ['AWSAccount'] },
    });
    rule('HostDoesMore', 'The host does something else than putting', 'aws.s3', {
      ...onObjects,
      eventName: [{ 'anything-but': PUTS }],
      userIdentity: byRole([hostRole]),
    });
    rule('HostRefused', 'The host was refused what it puts', 'aws.s3', {
      ...onObjects,
      eventName: PUTS,
      errorCode: ['AccessDenied'],
      userIdentity: byRole([hostRole]),
    });
    rule('Deletes', 'An agent deletes that deletes nothing', 'aws.s3', {
      ...onObjects,
      eventName: [{ prefix: 'DeleteObject' }],
      userIdentity: {
        arn: [{ prefix: ours }],
        ...byRole([{ 'anything-but': DELETERS.map((agent) => agentRoleName(suite, agent)) }]),
      },
    });
    rule('Changes', 'The bucket itself is changed', 'aws.s3', {
      eventCategory: ['Management'],
      readOnly: [false],
      ...inVault,
    });
    rule('KeyChanges', 'A key of the vault is changed', 'aws.kms', {
      eventName: KEY_CHANGES,
      resources: { ARN: [vault.key.keyArn, vault.signingKey.keyArn] },
    });
    // Reading one is no event: EventBridge gets no reads unless a trail of the account records them all.
    if (secretIds.length > 0) {
      rule('SecretChanges', 'A secret that opens the points is changed', 'aws.secretsmanager', {
        readOnly: [false],
        requestParameters: { secretId: secretIds },
      });
    }
    rule('TrailChanges', 'The trail of the vault is changed', 'aws.cloudtrail', {
      readOnly: [false],
      requestParameters: { name: [trailName(suite), { suffix: `:trail/${trailName(suite)}` }] },
    });
  }
}
