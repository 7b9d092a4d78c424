/** AWS's own policies that a role may carry, by the end of their ARN: what they allowed when this was written. Others are refused. */
const logs = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const interfaces = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

const allow = (actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

const MANAGED: Record<string, object> = {
  // A function writes its log.
  'service-role/AWSLambdaBasicExecutionRole': allow(logs),
  // The same, and the network interface of a function in a VPC.
  'service-role/AWSLambdaVPCAccessExecutionRole': allow([...logs, ...interfaces]),
};

/** The document of a policy that AWS manages; undefined for one that the engine does not know. */
export function managedPolicy(policyArn: string): object | undefined {
  const [, name = ''] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(policyArn) ?? [];
  return Object.hasOwn(MANAGED, name) ? MANAGED[name] : undefined;
}
