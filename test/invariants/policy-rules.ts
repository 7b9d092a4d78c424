import { describe, expect, it } from 'vitest';
import { list, readable, type Statement, type SynthesizedApp } from './synthesized-app.ts';

/** Actions for which AWS knows no resource, so that `*` is all that can be said. */
const WITHOUT_RESOURCE = [
  'ssm:DescribeInstanceInformation',
  'ssm:GetCommandInvocation',
  'ssm:ListCommands',
  'ssm:CancelCommand',
  'logs:DescribeLogGroups',
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'scheduler:ListSchedules',
  // Lambda wants these on every resource from the role of a function in a VPC.
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** The right to tag is the right to expire: who may, and which words. */
const TAGGERS = {
  seal: ['daily', 'weekly', 'monthly', 'yearly', 'failed'],
  apply: ['daily', 'weekly', 'monthly', 'yearly', 'pinned'],
  keep: ['pinned'],
  'give-up': ['failed'],
  'mark-leftovers': ['failed'],
};

export function policyRules(app: SynthesizedApp): void {
  const allows = app.statements().filter(({ effect }) => effect === 'Allow');
  const bucket = `\${${app.vaultBucket().id}.Arn}`;
  const key = `\${${app.ofType('AWS::KMS::Key')[0]!.id}.Arn}`;
  const describeOne = ({ of, actions }: Statement) => `${of}: ${actions}`;

  describe('what is allowed', () => {
    it('names its resource wherever AWS knows one', () => {
      const wide = allows.filter(
        ({ actions, resources }) => resources.includes('*') && actions.some((action) => !WITHOUT_RESOURCE.includes(action)),
      );
      expect(wide.map(describeOne)).toEqual([]);
    });

    it('adds nothing by a policy that AWS manages and may change', () => {
      const managed = app.ofType('AWS::IAM::Role').filter(({ properties }) => properties.ManagedPolicyArns !== undefined);
      expect(managed.map(({ id }) => id)).toEqual([]);
    });

    it('names functions as they are invoked: without a version', () => {
      const invoking = allows.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
      expect(invoking.length).toBeGreaterThan(0);
      const others = invoking.filter(({ resources }) => !resources.map(readable).every((one) => /\.Arn\}$/.test(String(one))));
      expect(others.map(describeOne)).toEqual([]);
    });

    it('lets whoever puts an object read what may be in its way', () => {
      const agents = allows.filter(({ of }) => roleOf(app, of) !== undefined);
      const may = (action: string) =>
        agents
          .filter(({ actions }) => actions.includes(action))
          .flatMap(({ of, resources }) => resources.map((resource) => `${of} ${readable(resource)}`));
      const readers = may('s3:GetObject');
      expect(may('s3:PutObject').filter((one) => !readers.includes(one))).toEqual([]);
    });

    it('gives nobody a right to a secret of a suite that encrypts nothing, nor tells where one is', () => {
      const some = allows.filter(({ actions }) => actions.some((action) => action.startsWith('secretsmanager:')));
      expect(some.map(describeOne)).toEqual([]);
      expect(app.ofType('AWS::SecretsManager::Secret')).toEqual([]);
      const told = app.ofType('AWS::Lambda::Function').filter(({ properties }) => /_SECRET"/.test(JSON.stringify(properties)));
      expect(told.map(({ id }) => id)).toEqual([]);
    });

    it('names every action', () => {
      const wide = allows.filter(
        ({ actions, raw }) => raw.NotAction !== undefined || actions.some((action) => action.includes('*')),
      );
      expect(wide.map(describeOne)).toEqual([]);
    });

    it('never says what is allowed by leaving out what is not', () => {
      expect(allows.filter(({ raw }) => raw.NotResource !== undefined).map(describeOne)).toEqual([]);
    });

    it('lets nobody tag but those who decide how long a point stays, and each with its own words only', () => {
      const rights = allows.filter(({ actions }) => actions.some((action) => /Tagging/i.test(action) && !/^s3:Get/.test(action)));
      const words = rights.map(({ of, raw }) => {
        const { StringEquals, ...others } = raw.Condition as Record<string, Record<string, unknown>>;
        expect(others).toEqual({});
        return [roleOf(app, of), list(StringEquals!['s3:RequestObjectTag/retention'])];
      });
      expect(Object.fromEntries(words)).toEqual(
        Object.fromEntries(Object.entries(TAGGERS).map(([agent, own]) => [`${app.suite}-backup-${agent}`, own])),
      );
    });

    it('lets one agent ask for archived bytes, which costs money, and only for those of the suite', () => {
      const asking = allows.filter(({ actions }) => actions.includes('s3:RestoreObject'));
      const names = asking.map(({ of }) => roleOf(app, of));
      expect(names).toEqual([`${app.suite}-backup-thaw-point`]);
      expect(asking.map(({ resources }) => readable(resources))).toEqual([[`${bucket}/${app.suite}/artifacts/*`]]);
    });

    it('lets nobody change the bucket or retain longer than it should, and one agent remove a version: a delete marker over what must stay', () => {
      const dangerous =
        /^s3:(DeleteObjectVersion|PutBucket|DeleteBucket|PutLifecycle|PutObjectRetention|PutObjectLegalHold|Bypass)/;
      const found = allows.filter(({ actions }) => actions.some((action) => dangerous.test(action)));
      expect(found.map(({ of, actions }) => [roleOf(app, of), ...actions])).toEqual([
        [`${app.suite}-backup-show-again`, 's3:DeleteObjectVersion'],
      ]);
    });
  });

  describe('the watch over the vault', () => {
    it('tells of deletions by every role of ours but those that may delete', () => {
      const deleting = allows.filter(({ actions }) => actions.some((action) => action.startsWith('s3:DeleteObject')));
      const [rule] = app.ofType('AWS::Events::Rule').filter(({ id }) => id.startsWith('VaultWatchDeletes'));
      const { detail } = readable(rule!.properties.EventPattern) as { detail: { userIdentity: unknown } };
      expect(detail.userIdentity).toMatchObject({
        sessionContext: {
          sessionIssuer: { userName: [{ 'anything-but': expect.arrayContaining(deleting.map(({ of }) => roleOf(app, of))) }] },
        },
      });
      expect(deleting).toHaveLength(3);
    });

    it('goes to one agent, which no policy lets anybody else invoke', () => {
      const rules = app.ofType('AWS::Events::Rule').filter(({ id }) => id.startsWith('VaultWatch'));
      expect(rules).toHaveLength(8);
      const targets = rules.flatMap(({ properties }) =>
        (properties.Targets as { Arn: unknown }[]).map(({ Arn }) => app.target(Arn)),
      );
      expect(new Set(targets.map((target) => target!.properties.FunctionName))).toEqual(
        new Set([`${app.suite}-backup-tell-touch`]),
      );
      const permissions = app.ofType('AWS::Lambda::Permission');
      expect(permissions).toHaveLength(rules.length);
      for (const { properties } of permissions)
        expect(properties).toMatchObject({ Principal: 'events.amazonaws.com', SourceArn: expect.anything() });
    });
  });

  describe('the host', () => {
    it('may do exactly this and nothing else', () => {
      const policies = app.resources.filter((resource) => rolesOf(app, resource.id).includes('docker-host'));
      const statements = policies.flatMap(({ properties }) => (properties.PolicyDocument as { Statement: object[] }).Statement);
      expect(statements.map(readable)).toEqual([
        {
          Sid: 'PutArtifacts',
          Effect: 'Allow',
          Action: ['s3:PutObject', 's3:AbortMultipartUpload'],
          Resource: `${bucket}/${app.suite}/artifacts/*`,
        },
        {
          Sid: 'EncryptArtifacts',
          Effect: 'Allow',
          Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
          Resource: key,
          Condition: {
            StringEquals: {
              // biome-ignore lint/suspicious/noTemplateCurlyInString: how `plain` writes a reference
              'kms:ViaService': 's3.${AWS::Region}.${AWS::URLSuffix}',
              'kms:EncryptionContext:aws:s3:arn': bucket,
            },
          },
        },
        {
          Sid: 'DeliverLogs',
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Resource: expect.stringMatching(/^\$\{HostCommandHostLog.*\.Arn\}$/),
        },
        { Sid: 'FindLogGroup', Effect: 'Allow', Action: 'logs:DescribeLogGroups', Resource: '*' },
      ]);
    });
  });
}

/** The name of the one role of a policy. */
function roleOf(app: SynthesizedApp, policy: string): unknown {
  return app.target(rolesOf(app, policy)[0])?.properties.RoleName;
}

/** What stands in `Roles` of a policy: names of roles that exist already, references to our own. */
function rolesOf(app: SynthesizedApp, policy: string): unknown[] {
  const resource = app.resources.find(({ id }) => id === policy);
  return (resource?.properties.Roles as unknown[] | undefined) ?? [];
}
