import type { Problem } from './problem.ts';

/** `true` accepts any value; an object lists the members that are known; an array describes the items of a list. */
type Shape = true | [Shape] | { [property: string]: Shape };

const target: Shape = { Arn: true, RoleArn: true, Input: true, RetryPolicy: true, DeadLetterConfig: true };

/**
 * The properties known of the types that the engine really carries out. A property that is missing here would be ignored in silence
 * and make a local run differ from AWS, so it is refused. Those that change nothing on one machine (network, tracing, keys) are
 * listed and have no effect. Buckets are checked by the S3 server itself.
 */
const knownProperties: Record<string, Shape> = {
  'AWS::CloudTrail::Trail': {
    AdvancedEventSelectors: true,
    EnableLogFileValidation: true,
    EventSelectors: true,
    IncludeGlobalServiceEvents: true,
    IsLogging: true,
    IsMultiRegionTrail: true,
    KMSKeyId: true,
    S3BucketName: true,
    S3KeyPrefix: true,
    Tags: true,
    TrailName: true,
  },
  'AWS::Events::Rule': {
    Name: true,
    Description: true,
    EventPattern: true,
    State: true,
    Tags: true,
    Targets: [{ ...target, Id: true, InputPath: true, InputTransformer: { InputPathsMap: true, InputTemplate: true } }],
  },
  // A policy that is known by halves would be enforced by halves: no boundaries, no groups, no users.
  'AWS::IAM::ManagedPolicy': { Description: true, ManagedPolicyName: true, Path: true, PolicyDocument: true, Roles: true },
  'AWS::IAM::Policy': { PolicyDocument: true, PolicyName: true, Roles: true },
  'AWS::IAM::Role': {
    AssumeRolePolicyDocument: true,
    Description: true,
    ManagedPolicyArns: true,
    MaxSessionDuration: true,
    Path: true,
    Policies: [{ PolicyDocument: true, PolicyName: true }],
    RoleName: true,
    Tags: true,
  },
  'AWS::KMS::Alias': { AliasName: true, TargetKeyId: true },
  'AWS::KMS::Key': {
    BypassPolicyLockoutSafetyCheck: true,
    Description: true,
    EnableKeyRotation: true,
    Enabled: true,
    KeyPolicy: true,
    KeySpec: true,
    KeyUsage: true,
    PendingWindowInDays: true,
    RotationPeriodInDays: true,
    Tags: true,
  },
  'AWS::Lambda::Function': {
    Architectures: true,
    Code: { S3Bucket: true, S3Key: true },
    Description: true,
    Environment: { Variables: true },
    EphemeralStorage: true,
    FunctionName: true,
    Handler: true,
    KmsKeyArn: true,
    LoggingConfig: { LogGroup: true, LogFormat: true, ApplicationLogLevel: true, SystemLogLevel: true },
    MemorySize: true,
    PackageType: true,
    ReservedConcurrentExecutions: true,
    Role: true,
    Runtime: true,
    Tags: true,
    Timeout: true,
    TracingConfig: true,
    VpcConfig: true,
  },
  'AWS::Lambda::Permission': { Action: true, FunctionName: true, Principal: true, SourceAccount: true, SourceArn: true },
  'AWS::S3::BucketPolicy': { Bucket: true, PolicyDocument: true },
  'AWS::SNS::Topic': {
    DisplayName: true,
    KmsMasterKeyId: true,
    SignatureVersion: true,
    Subscription: [{ Protocol: true, Endpoint: true }],
    Tags: true,
    TopicName: true,
    TracingConfig: true,
  },
  'AWS::SNS::TopicPolicy': { PolicyDocument: true, Topics: true },
  'AWS::SQS::QueuePolicy': { PolicyDocument: true, Queues: true },
  'AWS::SNS::Subscription': { Endpoint: true, Protocol: true, TopicArn: true, RedrivePolicy: true },
  'AWS::SSM::Document': {
    Content: true,
    DocumentFormat: true,
    DocumentType: true,
    Name: true,
    Tags: true,
    TargetType: true,
    UpdateMethod: true,
    VersionName: true,
  },
  'AWS::Scheduler::Schedule': {
    Description: true,
    EndDate: true,
    FlexibleTimeWindow: { Mode: true, MaximumWindowInMinutes: true },
    GroupName: true,
    KmsKeyArn: true,
    Name: true,
    ScheduleExpression: true,
    ScheduleExpressionTimezone: true,
    StartDate: true,
    State: true,
    Target: target,
  },
  'AWS::SecretsManager::Secret': {
    Description: true,
    GenerateSecretString: {
      ExcludeCharacters: true,
      ExcludeLowercase: true,
      ExcludeNumbers: true,
      ExcludePunctuation: true,
      ExcludeUppercase: true,
      GenerateStringKey: true,
      IncludeSpace: true,
      PasswordLength: true,
      RequireEachIncludedType: true,
      SecretStringTemplate: true,
    },
    KmsKeyId: true,
    Name: true,
    SecretString: true,
    Tags: true,
  },
  'AWS::StepFunctions::StateMachine': {
    DefinitionString: true,
    DefinitionSubstitutions: true,
    EncryptionConfiguration: true,
    LoggingConfiguration: true,
    RoleArn: true,
    StateMachineName: true,
    StateMachineType: true,
    Tags: true,
    TracingConfiguration: true,
  },
};

/** The problems of one resource's (resolved) properties: every member that is not known, by its path. */
export function unknownProperties(
  resource: { stack: string; logicalId: string; type: string },
  properties: Record<string, unknown>,
): Problem[] {
  const shape = knownProperties[resource.type];
  if (shape === undefined) return [];
  return unknownMembers(properties, shape, 'Properties').map((path) => ({
    stack: resource.stack,
    logicalId: resource.logicalId,
    path,
    message: `the engine does not know this property of ${resource.type}`,
  }));
}

function unknownMembers(value: unknown, shape: Shape, path: string): string[] {
  if (shape === true || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(shape)) {
    return Array.isArray(value) ? value.flatMap((item, index) => unknownMembers(item, shape[0], `${path}.${index}`)) : [];
  }
  return Object.entries(value).flatMap(([name, member]) => {
    const known = shape[name];
    return known === undefined ? [`${path}.${name}`] : unknownMembers(member, known, `${path}.${name}`);
  });
}
