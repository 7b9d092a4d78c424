import { createHash } from 'node:crypto';
import { arn, type Place, roleArn } from './place.ts';

/** What an attribute of a resource is made of: its physical name and its resolved properties, read only when asked for. */
export interface Facts {
  place: Place;
  name: string;
  /** A resolved property of the same resource. */
  property: (name: string) => unknown;
}

/** How the engine knows one CloudFormation type. */
export interface ResourceType {
  /** The property that gives the physical name; without it, or without a value, the name is made of stack and logical id. */
  nameProperty?: string;
  /** The longest physical name AWS allows. */
  nameLimit?: number;
  lowerCase?: true;
  /** What `Ref` gives; the physical name unless stated. */
  ref?: (facts: Facts) => string;
  /** What `Fn::GetAtt` gives. */
  attributes?: Record<string, (facts: Facts) => unknown>;
}

/** A stable, made-up identifier for a thing that has no name of its own. */
export function hexOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

const keyId = ({ name }: Facts): string => hexOf(name, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const groupId = ({ name }: Facts): string => `sg-${hexOf(name, 17)}`;
const roleOf = ({ place, name, property }: Facts): string => roleArn(place, name, (property('Path') as string) ?? '/');
const topicOf = ({ place, name }: Facts): string => arn(place, 'sns', name);
const machineOf = ({ place, name }: Facts): string => arn(place, 'states', `stateMachine:${name}`);
const queueUrl = ({ place, name }: Facts): string => `https://sqs.${place.region}.${place.urlSuffix}/${place.account}/${name}`;
// Secrets Manager puts six characters behind the name, so that a secret made again is another one.
const secretOf = ({ place, name }: Facts): string => arn(place, 'secretsmanager', `secret:${name}-${hexOf(name, 6)}`);
const bucketHost = ({ place, name }: Facts): string => `${name}.s3.${place.urlSuffix}`;

/** Every resource type that an assembly may contain; any other is refused. */
export const resourceTypes: Record<string, ResourceType> = {
  'AWS::CDK::Metadata': {},
  'AWS::CloudTrail::Trail': {
    nameProperty: 'TrailName',
    nameLimit: 128,
    attributes: { Arn: ({ place, name }) => arn(place, 'cloudtrail', `trail/${name}`) },
  },
  'AWS::EC2::SecurityGroup': { ref: groupId, attributes: { GroupId: groupId, VpcId: ({ property }) => property('VpcId') } },
  'AWS::EC2::SecurityGroupEgress': {},
  'AWS::EC2::SecurityGroupIngress': {},
  'AWS::Events::Rule': {
    nameProperty: 'Name',
    nameLimit: 64,
    attributes: { Arn: ({ place, name }) => arn(place, 'events', `rule/${name}`) },
  },
  'AWS::IAM::ManagedPolicy': {
    nameProperty: 'ManagedPolicyName',
    ref: ({ place, name, property }) =>
      `arn:${place.partition}:iam::${place.account}:policy${(property('Path') as string) ?? '/'}${name}`,
  },
  'AWS::IAM::Policy': { nameProperty: 'PolicyName' },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    nameLimit: 64,
    attributes: { Arn: roleOf, RoleId: ({ name }) => `AROA${hexOf(name, 17).toUpperCase()}` },
  },
  'AWS::KMS::Alias': { nameProperty: 'AliasName' },
  'AWS::KMS::Key': { ref: keyId, attributes: { Arn: (facts) => arn(facts.place, 'kms', `key/${keyId(facts)}`), KeyId: keyId } },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    nameLimit: 64,
    attributes: { Arn: ({ place, name }) => arn(place, 'lambda', `function:${name}`) },
  },
  'AWS::Lambda::Permission': {},
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    attributes: { Arn: ({ place, name }) => arn(place, 'logs', `log-group:${name}:*`) },
  },
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    nameLimit: 63,
    lowerCase: true,
    attributes: {
      Arn: ({ place, name }) => `arn:${place.partition}:s3:::${name}`,
      DomainName: bucketHost,
      RegionalDomainName: ({ place, name }) => `${name}.s3.${place.region}.${place.urlSuffix}`,
    },
  },
  'AWS::S3::BucketPolicy': {},
  'AWS::SNS::Subscription': {},
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    ref: topicOf,
    attributes: { TopicArn: topicOf, TopicName: ({ name }) => name },
  },
  'AWS::SNS::TopicPolicy': {},
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    nameLimit: 80,
    ref: queueUrl,
    attributes: { Arn: ({ place, name }) => arn(place, 'sqs', name), QueueName: ({ name }) => name, QueueUrl: queueUrl },
  },
  'AWS::SQS::QueuePolicy': {},
  'AWS::SSM::Document': { nameProperty: 'Name' },
  'AWS::SSM::Parameter': {
    nameProperty: 'Name',
    attributes: { Type: ({ property }) => property('Type'), Value: ({ property }) => property('Value') },
  },
  'AWS::Scheduler::Schedule': {
    nameProperty: 'Name',
    nameLimit: 64,
    attributes: {
      Arn: ({ place, name, property }) => arn(place, 'scheduler', `schedule/${property('GroupName') ?? 'default'}/${name}`),
    },
  },
  'AWS::Scheduler::ScheduleGroup': {
    nameProperty: 'Name',
    nameLimit: 64,
    attributes: { Arn: ({ place, name }) => arn(place, 'scheduler', `schedule-group/${name}`) },
  },
  'AWS::SecretsManager::Secret': { nameProperty: 'Name', nameLimit: 512, ref: secretOf, attributes: { Id: secretOf } },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    nameLimit: 80,
    ref: machineOf,
    attributes: { Arn: machineOf, Name: ({ name }) => name },
  },
};
