import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agent, type AgentProps } from '../../../lib/platform/agent.ts';
import { withBundle } from '../../../lib/platform/bundle.ts';
import { Workflow } from '../../../lib/platform/workflow.ts';
import { definitionOf, resourcesOf, stack, templateOf } from './stack.ts';

const ENTRY = 'functions/runtime/read-result.ts';

function templateWith(props: Partial<AgentProps>, use: (agent: Agent) => void = () => {}) {
  const scope = stack();
  use(new Agent(scope, 'Agent', { suite: 'shop', name: 'reader', entry: ENTRY, ...props }));
  return templateOf(scope);
}

describe('an agent', () => {
  it('runs on the newest Node with tracing, a log of its own and a role that a policy can name', () => {
    const template = templateWith({ environment: { BUCKET: 'b' } });
    expect(resourcesOf(template, 'AWS::Lambda::Function')[0]!.Properties).toMatchObject({
      FunctionName: 'shop-backup-reader',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      Environment: { Variables: { BUCKET: 'b' } },
    });
    expect(resourcesOf(template, 'AWS::IAM::Role')[0]!.Properties).toMatchObject({ RoleName: 'shop-backup-reader' });
    expect(resourcesOf(template, 'AWS::Logs::LogGroup')[0]!.Properties).toMatchObject({ RetentionInDays: 90 });
  });

  it('may do what it is allowed and write its log, nothing else', () => {
    const template = templateWith({}, (agent) =>
      agent.allow(['s3:GetObject'], ['arn:aws:s3:::b/shop/*'], { Bool: { x: 'true' } }),
    );
    const [policy] = resourcesOf(template, 'AWS::IAM::Policy');
    const { Statement } = policy!.Properties.PolicyDocument as { Statement: { Action: string | string[] }[] };
    expect(Statement.map(({ Action }) => Action)).toEqual([
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      's3:GetObject',
    ]);
    expect(resourcesOf(template, 'AWS::IAM::Role')[0]!.Properties.ManagedPolicyArns).toBeUndefined();
  });

  it('stands in the network it is given, and opens one port of the host for itself', () => {
    const network = { vpcId: 'vpc-1', subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-host'] };
    const template = templateWith({ network }, (agent) => agent.mayReach(55_432));
    expect(resourcesOf(template, 'AWS::Lambda::Function')[0]!.Properties.VpcConfig).toMatchObject({
      SubnetIds: network.subnetIds,
    });
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')[0]!.Properties).toMatchObject({
      GroupId: 'sg-host',
      IpProtocol: 'tcp',
      FromPort: 55_432,
      ToPort: 55_432,
    });
  });

  it('is refused when its name would be cut', () => {
    expect(() => templateWith({ suite: 'a'.repeat(40), name: 'b'.repeat(17) })).toThrow(/65 characters/);
  });

  it('is refused without a handler', () => {
    expect(() => templateWith({ entry: 'functions/runtime/log.ts' })).toThrow(/log\.ts/);
  });
});

describe('a step that calls an agent', () => {
  it('gives its payload, takes what the handler returned, and repeats only what the service itself got wrong', () => {
    const scope = stack();
    const agent = new Agent(scope, 'Agent', { suite: 'shop', name: 'reader', entry: ENTRY });
    const body = agent.step(scope, 'Read it', { id: '{% $states.input.id %}' });
    new Workflow(scope, 'Workflow', { suite: 'shop', name: 'w', comment: 'c', timeoutSeconds: 60, body });
    const { States } = definitionOf(templateOf(scope), 'shop-backup-w') as { States: Record<string, unknown> };
    expect(States['Read it']).toMatchObject({
      Arguments: { Payload: { id: '{% $states.input.id %}' } },
      Output: '{% $states.result.Payload %}',
      Retry: [
        {
          ErrorEquals: [
            'Lambda.ServiceException',
            'Lambda.AWSLambdaException',
            'Lambda.SdkClientException',
            'Lambda.TooManyRequestsException',
            'Lambda.ClientExecutionTimeoutException',
          ],
        },
      ],
    });
    expect((States['Read it'] as { Retry: unknown[] }).Retry).toHaveLength(1);
  });
});

describe('a bundle', () => {
  it('is one file that Node can load, without a path of this machine', async () => {
    const kept = mkdtempSync(join(tmpdir(), 'agent-'));
    try {
      const file = join(kept, 'index.mjs');
      withBundle(ENTRY, (folder) => copyFileSync(join(folder, 'index.mjs'), file));
      expect(readFileSync(file, 'utf8')).not.toContain(process.cwd());
      expect((await import(file)).handler).toBeTypeOf('function');
    } finally {
      rmSync(kept, { recursive: true });
    }
  });
});
