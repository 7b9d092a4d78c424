import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Builds a `cdk.out` by hand: templates and asset folders about things that have nothing to do with this project. */
export interface ForeignStack {
  /** Where CDK would put the stack; no part of its template. */
  region?: string;
  Resources?: Record<string, unknown>;
  Outputs?: Record<string, unknown>;
  [section: string]: unknown;
}

/** Writes the stacks and the assets (asset name → file name → content) as the CDK would, and gives the folder back. */
export function writeAssembly(
  folder: string,
  stacks: Record<string, ForeignStack>,
  assets: Record<string, Record<string, string>> = {},
): string {
  mkdirSync(folder, { recursive: true });
  const files: Record<string, unknown> = {};
  for (const [asset, contents] of Object.entries(assets)) {
    mkdirSync(join(folder, `asset.${asset}`), { recursive: true });
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, `asset.${asset}`, name), content);
    const destination = { bucketName: 'assets', objectKey: `${asset}.zip` };
    files[asset] = { source: { path: `asset.${asset}`, packaging: 'zip' }, destinations: { current: destination } };
  }
  const artifacts: Record<string, unknown> = { Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } } };
  for (const [name, { region, ...template }] of Object.entries(stacks)) {
    writeFileSync(join(folder, `${name}.template.json`), JSON.stringify(template));
    writeFileSync(join(folder, `${name}.assets.json`), JSON.stringify({ version: '1', files }));
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    const environment = `aws://unknown-account/${region ?? 'unknown-region'}`;
    artifacts[name] = { type: 'aws:cloudformation:stack', environment, properties: { templateFile: `${name}.template.json` } };
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: '1', artifacts }));
  return folder;
}

/** A Lambda function whose handler is the only thing that matters. */
export function functionResource(asset: string, properties: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: { 'Fn::Sub': `cdk-assets-${reference('AWS::AccountId')}` }, S3Key: `${asset}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Clerk', 'Arn'] },
      ...properties,
    },
  };
}

/** Services that act as the roles of these assemblies. */
export const trust = (...services: string[]) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: services.map((name) => `${name}.amazonaws.com`) }, Action: 'sts:AssumeRole' },
  ],
});

/** A policy of a role: `['s3:GetObject', ARN]`, each a statement. */
export const allow = (...statements: [actions: string | string[], resource: unknown][]) => ({
  Version: '2012-10-17',
  Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
});

/** For what is not about policies: a role that every service may act as and that may do everything. */
export const roleResource = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: trust('lambda', 'states', 'events', 'scheduler', 's3'),
    Policies: [{ PolicyName: 'Everything', PolicyDocument: allow(['*', '*']) }],
  },
};

/** Stands for a resource inside a definition, as in Fn::Sub: `reference('News')`, `reference('Price.Arn')`. */
export function reference(target: string): string {
  return `\${${target}}`;
}

/** A JSONata state machine; other resources stand in its definition as `reference(…)`. */
export function machineResource(definition: object, properties: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      DefinitionString: { 'Fn::Sub': JSON.stringify({ QueryLanguage: 'JSONata', ...definition }) },
      RoleArn: { 'Fn::GetAtt': ['Clerk', 'Arn'] },
      ...properties,
    },
  };
}

/** A Task that invokes a function. */
export function invokeTask(functionLogicalId: string, state: Record<string, unknown>): Record<string, unknown> {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: reference(`${functionLogicalId}.Arn`), Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    ...state,
  };
}
