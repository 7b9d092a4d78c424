import type { Place } from '../assembly/place.ts';
import type { Problem } from '../assembly/problem.ts';
import { type Assembly, type Resource, resourcesOf } from '../assembly/read-assembly.ts';
import type { Context } from './condition.ts';
import { decide } from './decide.ts';
import type { AssemblyPolicies } from './policies-of-assembly.ts';
import { nameOfRole, sessionOf } from './principal.ts';

/** What a resource demands of its role when it is made, beside being trusted by the service. */
interface Demand {
  actions: string[];
  resource: string;
  /** What the resource says when the role lacks it. */
  message: string;
  context?: Context;
}

/** The rule through which Step Functions hears of the ends of executions that a machine waits for. */
const MANAGED_RULE = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];
const INTERFACES = ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'];

/**
 * What AWS looks at when it makes a resource, so that a deployment would fail: whether the service may act as the role, and rights of the
 * role that no call of the running engine shows. Roles that are not in the assembly are somebody else's and nothing is known of them.
 */
export function checkDeployment(assembly: Assembly, policies: AssemblyPolicies, problems: Problem[]): void {
  const check = (
    resource: Resource,
    property: string,
    roleArn: unknown,
    service: string,
    sourceArn: string,
    demands: Demand[] = [],
  ) => {
    const trust = policies.roles.trust.get(String(roleArn));
    if (trust === undefined) return;
    const complain = (message: string): void => {
      problems.push({ stack: resource.stack, logicalId: resource.logicalId, path: `Properties.${property}`, message });
    };
    const caller = { service, sourceArn };
    const context = { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': assembly.place.account };
    const assume = { action: 'sts:AssumeRole', resource: String(roleArn), context };
    if (decide(caller, assume, { identity: [], resource: trust, mustAgree: true }) !== undefined) {
      complain(`${service} may not act as ${String(roleArn)}, by the role's own policy`);
    }
    const identity = policies.roles.identity.get(nameOfRole(String(roleArn))) ?? [];
    const role = sessionOf(String(roleArn), 'deployment');
    for (const { actions, resource: arn, message, context: said = {} } of demands) {
      const missing = actions.filter((action) => {
        const request = { action, resource: arn, context: said };
        return decide(role, request, { identity, resource: undefined, mustAgree: false }) !== undefined;
      });
      if (missing.length > 0) complain(`${String(roleArn)} ${message} (${missing.join(', ')} on ${arn})`);
    }
  };
  for (const resource of resourcesOf(assembly, 'AWS::Lambda::Function')) {
    check(resource, 'Role', resource.properties.Role, 'lambda.amazonaws.com', resource.arn as string, functionDemands(resource));
  }
  for (const resource of resourcesOf(assembly, 'AWS::StepFunctions::StateMachine')) {
    const demands = machineDemands(resource, assembly.place);
    check(resource, 'RoleArn', resource.properties.RoleArn, 'states.amazonaws.com', resource.arn as string, demands);
  }
  for (const resource of resourcesOf(assembly, 'AWS::Events::Rule')) {
    for (const [index, { RoleArn }] of ((resource.properties.Targets ?? []) as { RoleArn?: string }[]).entries()) {
      check(resource, `Targets.${index}.RoleArn`, RoleArn, 'events.amazonaws.com', resource.arn as string);
    }
  }
  for (const resource of resourcesOf(assembly, 'AWS::Scheduler::Schedule')) {
    const { RoleArn } = resource.properties.Target as { RoleArn?: string };
    const group = (resource.arn as string).replace(/:schedule\/([^/]+)\/.*$/, ':schedule-group/$1');
    check(resource, 'Target.RoleArn', RoleArn, 'scheduler.amazonaws.com', group);
  }
}

function functionDemands({ properties }: Resource): Demand[] {
  const { SubnetIds = [] } = (properties.VpcConfig ?? {}) as { SubnetIds?: unknown[] };
  if (SubnetIds.length === 0) return [];
  return [{ actions: INTERFACES, resource: '*', message: 'may not make the network interface of a function in a VPC' }];
}

function machineDemands({ properties }: Resource, { partition, region, account }: Place): Demand[] {
  const { Level = 'OFF', Destinations = [] } = (properties.LoggingConfiguration ?? {}) as {
    Level?: string;
    Destinations?: unknown[];
  };
  const waits = /"arn:[^"]*:states:::states:startExecution\.sync/.test(String(properties.DefinitionString));
  return [
    ...(Level !== 'OFF' && Destinations.length > 0
      ? [{ actions: LOG_DELIVERY, resource: '*', message: 'may not have the log of a machine delivered' }]
      : []),
    ...(waits
      ? [
          {
            actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
            resource: `arn:${partition}:events:${region}:${account}:${MANAGED_RULE}`,
            message: 'is not authorized to create managed-rule',
            context: { 'events:managedby': 'states.amazonaws.com' },
          },
        ]
      : []),
  ];
}
