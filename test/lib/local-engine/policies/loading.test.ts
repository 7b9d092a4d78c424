import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { AssemblyRefused } from '../../../../lib/local-engine/assembly/problem.ts';
import { startEngine } from '../../../../lib/local-engine/start-engine.ts';
import { quietEngine } from '../../../support/quiet-engine.ts';
import { allow, functionResource, machineResource, reference, roleResource, trust } from '../foreign-assembly.ts';
import { hostCommands, shopOptions, started } from '../foreign-engine.ts';
import { outcome } from './refused.ts';

quietEngine();

/** What is wrong with an assembly of these resources: `LogicalId path message`. */
async function problemsOf(Resources: Record<string, unknown>, assets = {}): Promise<string[]> {
  const refused = await startEngine(shopOptions({ Resources }, assets)).catch((error: unknown) => error);
  if (!(refused instanceof AssemblyRefused)) throw new Error(`It was not refused: ${String(refused)}`);
  return refused.problems.map(({ logicalId, path, message }) => `${logicalId} ${path} ${message}`);
}

const role = (properties: object) => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: trust('lambda'), ...properties },
});
const wrong = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: { Is: { x: 'y' } } }],
};
const bucket = { Type: 'AWS::S3::Bucket', Properties: {} };

describe('an assembly with a policy that could not be enforced is refused', () => {
  it('with every property that says more than the engine would enforce', async () => {
    expect(
      await problemsOf({
        Bounded: role({ PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }),
        ForUsers: {
          Type: 'AWS::IAM::Policy',
          Properties: { PolicyName: 'y', PolicyDocument: allow(['*', '*']), Users: ['eve'] },
        },
        Permission: {
          Type: 'AWS::Lambda::Permission',
          Properties: { FunctionName: 'f', Action: 'lambda:InvokeFunction', Principal: 'a.amazonaws.com', PrincipalOrgID: 'o-1' },
        },
        Organisation: { Type: 'AWS::Organizations::Policy', Properties: {} },
      }),
    ).toEqual([
      expect.stringContaining('Bounded Properties.PermissionsBoundary the engine does not know this property'),
      expect.stringContaining('ForUsers Properties.Users the engine does not know this property'),
      expect.stringContaining('Permission Properties.PrincipalOrgID the engine does not know this property'),
      expect.stringContaining('Organisation Type the engine does not know the resource type'),
    ]);
  });

  it('with everything in the documents at once, wherever they stand', async () => {
    const principal = { ...wrong.Statement[0], Principal: '*' };
    const told = await problemsOf({
      Inline: role({ Policies: [{ PolicyName: 'x', PolicyDocument: wrong }] }),
      Trusting: role({ AssumeRolePolicyDocument: { Version: '1', Statement: [] } }),
      Managed: role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
      Attached: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'x', PolicyDocument: wrong, Roles: ['somebody'] } },
      Own: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: wrong } },
      Bucket: bucket,
      OfBucket: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: { Version: '2012-10-17', Statement: [principal] } },
      },
      OfNothing: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: { Bucket: 'elsewhere', PolicyDocument: { Version: '2012-10-17', Statement: [] } },
      },
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [principal] } } },
    });
    for (const part of [
      'Inline Properties.Policies.0.PolicyDocument.Statement.0.Condition.Is.x the engine does not know the condition key x',
      'Trusting Properties.AssumeRolePolicyDocument.Version the engine does not know policies of version 1',
      'Managed Properties.ManagedPolicyArns.0 the engine does not know what arn:aws:iam::aws:policy/AdministratorAccess allows',
      'Attached Properties.PolicyDocument.Statement.0.Condition.Is.x the engine does not know the condition operator Is',
      'Own Properties.PolicyDocument.Statement.0.Condition.Is.x',
      'OfBucket Properties.PolicyDocument.Statement.0.Condition.Is.x',
      'OfNothing Properties.Bucket elsewhere is no AWS::S3::Bucket of this assembly',
      'Key Properties.KeyPolicy.Statement.0.Condition.Is.x',
    ]) {
      expect(told).toContainEqual(expect.stringContaining(part));
    }
  });
});

describe('what AWS would refuse at a deployment is refused', () => {
  const asRole = { 'Fn::GetAtt': ['Clerk', 'Arn'] };
  const pass = { StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } };
  const waits = {
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: { StateMachineArn: reference('Child') },
        End: true,
      },
    },
  };

  it('when a service may not act as the role', async () => {
    const told = await problemsOf(
      {
        Clerk: role({ AssumeRolePolicyDocument: trust('ec2') }),
        Price: functionResource('price'),
        Selling: machineResource(pass),
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: {
            EventPattern: { source: ['x'] },
            Targets: [
              { Id: 'A', Arn: { Ref: 'Selling' }, RoleArn: asRole },
              { Id: 'B', Arn: { Ref: 'Selling' } },
              { Id: 'C', Arn: { 'Fn::GetAtt': ['Price', 'Arn'] } },
            ],
          },
        },
        Schedule: {
          Type: 'AWS::Scheduler::Schedule',
          Properties: {
            ScheduleExpression: 'rate(1 day)',
            FlexibleTimeWindow: { Mode: 'OFF' },
            Target: { Arn: { Ref: 'Selling' }, RoleArn: asRole },
          },
        },
      },
      { price: { 'index.mjs': '' } },
    );
    expect(told).toEqual([
      expect.stringMatching(/^Price Properties.Role lambda.amazonaws.com may not act as .*role\/Shop-Clerk/),
      expect.stringMatching(/^Selling Properties.RoleArn states.amazonaws.com may not act as/),
      expect.stringMatching(/^Rule Properties.Targets.0.RoleArn events.amazonaws.com may not act as/),
      expect.stringMatching(/^Rule Properties.Targets.1.RoleArn events.amazonaws.com needs a role/),
      expect.stringMatching(/^Schedule Properties.Target.RoleArn scheduler.amazonaws.com may not act as/),
    ]);
  });

  it('when a role lacks what is looked at when the resource is made', async () => {
    const told = await problemsOf(
      {
        Clerk: role({ AssumeRolePolicyDocument: trust('lambda', 'states') }),
        Price: functionResource('price', { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: [] } }),
        Child: machineResource(pass),
        Waiting: machineResource(waits),
        Logging: machineResource(pass, { LoggingConfiguration: { Level: 'ALL', Destinations: [{}] } }),
      },
      { price: { 'index.mjs': '' } },
    );
    expect(told).toEqual([
      expect.stringMatching(/^Price Properties.Role .*network interface.*ec2:CreateNetworkInterface/),
      expect.stringMatching(
        /^Waiting Properties.RoleArn .*is not authorized to create managed-rule \(events:PutTargets, events:PutRule/,
      ),
      expect.stringMatching(/^Logging Properties.RoleArn .*log of a machine.*logs:CreateLogDelivery/),
    ]);
  });

  it('but not when the role has it, one of the ways AWS itself proposes included', async () => {
    const options = shopOptions(
      {
        Resources: {
          Clerk: {
            Type: 'AWS::IAM::Role',
            Properties: {
              AssumeRolePolicyDocument: trust('lambda', 'states'),
              ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole'],
              Policies: [
                {
                  PolicyName: 'managed-rule',
                  PolicyDocument: {
                    Version: '2012-10-17',
                    Statement: [
                      {
                        Effect: 'Allow',
                        Action: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
                        Resource: '*',
                        Condition: { StringEquals: { 'events:ManagedBy': 'states.amazonaws.com' } },
                      },
                    ],
                  },
                },
              ],
            },
          },
          Price: functionResource('price', { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: [] } }),
          Child: machineResource(pass),
          Waiting: machineResource(waits),
        },
      },
      { price: { 'index.mjs': '' } },
    );
    expect((await started(options)).engine.endpoint).toMatch(/^http:/);
  });
});

describe('the policies of a role', () => {
  it('count wherever they hang, also for a role that belongs to somebody else', async () => {
    const mine = (Roles: unknown[]) => ({ PolicyDocument: allow(['s3:PutObject', '*']), Roles });
    const { engine } = await started(
      shopOptions({
        Resources: {
          Clerk: roleResource,
          Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'garden' } },
          Attached: role({ RoleName: 'attached' }),
          OfList: {
            Type: 'AWS::IAM::Policy',
            Properties: { PolicyName: 'x', ...mine([{ Ref: 'Attached' }, hostCommands.roleName]) },
          },
          ByArn: role({ RoleName: 'by-arn', Path: '/deep/', ManagedPolicyArns: [{ Ref: 'Own' }] }),
          Own: { Type: 'AWS::IAM::ManagedPolicy', Properties: { Path: '/own/', PolicyDocument: allow(['s3:PutObject', '*']) } },
          Listed: role({ RoleName: 'listed' }),
          OwnWithList: { Type: 'AWS::IAM::ManagedPolicy', Properties: mine([{ Ref: 'Listed' }]) },
          Bare: role({ RoleName: 'bare' }),
        },
      }),
    );
    const answer = async (name: string) => {
      const credentials = await engine.credentialsFor(name);
      const client = new S3Client({ endpoint: engine.endpoint, region: engine.region, credentials, forcePathStyle: true });
      return [
        await outcome(client.send(new PutObjectCommand({ Bucket: 'garden', Key: name, Body: 'x' }))),
        await outcome(client.send(new GetObjectCommand({ Bucket: 'garden', Key: name }))),
      ];
    };
    for (const name of ['attached', hostCommands.roleName, 'by-arn', 'listed'])
      expect(await answer(name), name).toEqual(['done', 'AccessDenied']);
    expect(await answer('bare')).toEqual(['AccessDenied', 'AccessDenied']);
  });
});
