import { AssetHashType, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { agentRoleName } from '../../functions/contract/names.ts';
import { withBundle } from './bundle.ts';
import { expression } from './jsonata.ts';

export interface AgentNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Security groups of the host, not of the agent: `mayReach` opens them for the agent. */
  readonly securityGroupIds: readonly string[];
}

export interface AgentProps {
  readonly suite: string;
  readonly name: string;
  /** Path from the project root, `functions/<capability>/<name>.ts`; it exports `handler`. */
  readonly entry: string;
  readonly environment?: Record<string, string>;
  readonly timeoutSeconds?: number;
  readonly memoryMiB?: number;
  readonly network?: AgentNetwork | null;
}

export interface StepOptions {
  readonly assign?: Record<string, unknown>;
  /** Default: what the handler returned. */
  readonly outputs?: unknown;
  readonly timeoutSeconds?: number;
  /** Error names that a second call can heal, at most twice. Lambda's own service errors are always retried. */
  readonly retries?: readonly string[];
}

/** Errors of the Lambda service, not of our code: nothing ran, or its answer was lost on the way. */
const LAMBDA_SERVICE_ERRORS = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.ClientExecutionTimeoutException',
];
/**
 * What Lambda itself does in the name of a function in a VPC; it asks for all of it on every resource when the function is made. AWS's own
 * policy for it would also let the function write to the log of any other.
 */
const NETWORK_INTERFACE = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
/** IAM and Lambda allow 64 characters; a name that is cut would break the vault's policy, which names it. */
const LONGEST_NAME = 64;

/** A Lambda function that takes one decision: own role with a fixed name, own log group, tracing, no right but what `allow` gives. */
export class Agent extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  private readonly network: AgentNetwork | null;

  constructor(scope: Construct, id: string, props: AgentProps) {
    super(scope, id);
    const name = agentRoleName(props.suite, props.name);
    if (name.length > LONGEST_NAME) throw new Error(`"${name}" has ${name.length} characters; names end at ${LONGEST_NAME}.`);
    this.network = props.network ?? null;
    const logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${name}`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', { roleName: name, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    if (this.network) this.allow(NETWORK_INTERFACE, ['*']);
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    // CDK copies the code into the assembly when the function is made.
    this.function = withBundle(
      props.entry,
      (folder, digest) =>
        new UnversionedFunction(this, 'Function', {
          functionName: name,
          role: this.role,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code: lambda.Code.fromAsset(folder, { assetHash: digest, assetHashType: AssetHashType.CUSTOM }),
          environment: props.environment,
          timeout: Duration.seconds(props.timeoutSeconds ?? 60),
          memorySize: props.memoryMiB ?? 512,
          tracing: lambda.Tracing.ACTIVE,
          logGroup,
          ...(this.network ? placement(this, this.network) : {}),
        }),
    );
  }

  allow(actions: string[], resources: string[], conditions?: Record<string, Record<string, string | string[]>>): this {
    this.role.addToPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
    return this;
  }

  /** Opens the host's security groups for this agent at `count` TCP ports from `port` on. Needs `network`. */
  mayReach(port: number, count = 1): this {
    const from = this.function.connections.securityGroups[0]!.securityGroupId;
    for (const [index, groupId] of (this.network?.securityGroupIds ?? []).entries()) {
      new ec2.CfnSecurityGroupIngress(this, `Port${port}Of${index}`, {
        groupId,
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port + count - 1,
        sourceSecurityGroupId: from,
        description: `${Stack.of(this).stackName}: ${this.node.id}`,
      });
    }
    return this;
  }

  /** A state that calls this agent; its input is `payload`, its output what the handler returned. */
  step(scope: Construct, stateName: string, payload: Record<string, unknown>, options: StepOptions = {}): tasks.LambdaInvoke {
    const state = tasks.LambdaInvoke.jsonata(scope, stateName, {
      lambdaFunction: this.function,
      payload: sfn.TaskInput.fromObject(payload),
      outputs: options.outputs ?? expression('$states.result.Payload'),
      assign: options.assign,
      retryOnServiceExceptions: false,
      taskTimeout: options.timeoutSeconds ? sfn.Timeout.duration(Duration.seconds(options.timeoutSeconds)) : undefined,
    });
    state.addRetry({ errors: LAMBDA_SERVICE_ERRORS, interval: Duration.seconds(1), backoffRate: 2, maxAttempts: 4 });
    if (options.retries?.length) {
      state.addRetry({ errors: [...options.retries], interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 2 });
    }
    return state;
  }
}

/** No versions of a function are published, so that whoever may invoke it needs no right to `FUNCTION:*`, which CDK gives as well. */
class UnversionedFunction extends lambda.Function {
  override get resourceArnsForGrantInvoke(): string[] {
    return [this.functionArn];
  }
}

function placement(scope: Construct, network: AgentNetwork) {
  const vpc = ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId: network.vpcId,
    // Only the subnets below are used; CDK wants as many zones as it would need to choose its own.
    availabilityZones: network.subnetIds.map((_, index) => `zone-${index}`),
    privateSubnetIds: [...network.subnetIds],
  });
  return {
    vpc,
    vpcSubnets: {
      subnets: network.subnetIds.map((subnetId, index) => ec2.Subnet.fromSubnetId(scope, `Subnet${index}`, subnetId)),
    },
    securityGroups: [new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: scope.node.path })],
  };
}
