import type { Place } from '../assembly/place.ts';
import type { Problem } from '../assembly/problem.ts';
import { type Assembly, type Resource, resourcesOf } from '../assembly/read-assembly.ts';
import type { Context } from './condition.ts';
import { decide } from './decide.ts';
import type { AssemblyPolicies } from './policies-of-assembly.ts';
import { nameOfRole, sessionOf } from './principal.ts';

/** A resource whose service acts as a role. */
interface RoleUse {
  resource: Resource;
  /** The property that names the role. */
  property: string;
  roleArn: string | undefined;
  service: string;
  /** For whom the service says that it acts. */
  sourceArn: string;
  demands?: Demand[];
}

/** What a resource wants of its role when it is made. */
interface Demand {
  actions: string[];
  on: string;
  /** What is said of the role when it lacks one. */
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
const NETWORK_INTERFACE = ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'];

/**
 * What AWS looks at when it makes a resource, so that a deployment would fail: whether the service may act as the role, and rights of the
 * role that no call of the running engine shows. Roles that are not in the assembly are somebody else's, and nothing is known of them.
 */
export function checkDeployment(assembly: Assembly, policies: AssemblyPolicies, problems: Problem[]): void {
  const uses = [
    ...functions(assembly),
    ...machines(assembly),
    ...ruleTargets(assembly),
    ...scheduleTargets(assembly),
    ...replications(assembly),
  ];
  for (const use of uses) {
    const { stack, logicalId } = use.resource;
    for (const message of objections(use, assembly.place, policies)) {
      problems.push({ stack, logicalId, path: `Properties.${use.property}`, message });
    }
  }
}

function objections({ roleArn, service, sourceArn, demands = [] }: RoleUse, place: Place, policies: AssemblyPolicies): string[] {
  if (roleArn === undefined) return [`${service} needs a role for this`];
  const trust = policies.roles.trust.get(roleArn);
  if (trust === undefined) return [];
  const context = { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': place.account };
  const assume = { action: 'sts:AssumeRole', resource: roleArn, context };
  const trusted = decide({ service, sourceArn }, assume, { identity: [], resource: trust, mustAgree: true }) === undefined;
  const identity = policies.roles.identity.get(nameOfRole(roleArn)) ?? [];
  const role = sessionOf(roleArn, 'deployment');
  const lacks = (action: string, { on, context: said = {} }: Demand): boolean =>
    decide(role, { action, resource: on, context: said }, { identity, resource: undefined, mustAgree: false }) !== undefined;
  const missing = demands
    .map((demand) => ({ ...demand, actions: demand.actions.filter((action) => lacks(action, demand)) }))
    .filter(({ actions }) => actions.length > 0);
  return [
    ...(trusted ? [] : [`${service} may not act as ${roleArn}, by the role's own policy`]),
    ...missing.map(({ actions, on, message }) => `${roleArn} ${message} (${actions.join(', ')} on ${on})`),
  ];
}

function functions(assembly: Assembly): RoleUse[] {
  return resourcesOf(assembly, 'AWS::Lambda::Function').map((resource) => {
    const { Role, VpcConfig = {} } = resource.properties as { Role?: string; VpcConfig?: { SubnetIds?: unknown[] } };
    const message = 'may not make the network interface of a function in a VPC';
    const demands = (VpcConfig.SubnetIds ?? []).length > 0 ? [{ actions: NETWORK_INTERFACE, on: '*', message }] : [];
    return {
      resource,
      property: 'Role',
      roleArn: Role,
      service: 'lambda.amazonaws.com',
      sourceArn: resource.arn as string,
      demands,
    };
  });
}

function machines(assembly: Assembly): RoleUse[] {
  const { partition, region, account } = assembly.place;
  const managedRule: Demand = {
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    on: `arn:${partition}:events:${region}:${account}:${MANAGED_RULE}`,
    message: 'is not authorized to create managed-rule',
    context: { 'events:managedby': 'states.amazonaws.com' },
  };
  const logging: Demand = { actions: LOG_DELIVERY, on: '*', message: 'may not have the log of a machine delivered' };
  return resourcesOf(assembly, 'AWS::StepFunctions::StateMachine').map((resource) => {
    const {
      RoleArn,
      DefinitionString,
      LoggingConfiguration = {},
    } = resource.properties as {
      RoleArn?: string;
      DefinitionString?: string;
      LoggingConfiguration?: { Level?: string; Destinations?: unknown[] };
    };
    const { Level = 'OFF', Destinations = [] } = LoggingConfiguration;
    const waits = /"arn:[^"]*:states:::states:startExecution\.sync/.test(String(DefinitionString));
    const demands = [...(Level !== 'OFF' && Destinations.length > 0 ? [logging] : []), ...(waits ? [managedRule] : [])];
    const sourceArn = resource.arn as string;
    return { resource, property: 'RoleArn', roleArn: RoleArn, service: 'states.amazonaws.com', sourceArn, demands };
  });
}

/** Machines have no policy that could let EventBridge in: it needs a role. */
function ruleTargets(assembly: Assembly): RoleUse[] {
  return resourcesOf(assembly, 'AWS::Events::Rule').flatMap((resource) =>
    ((resource.properties.Targets ?? []) as { Arn: string; RoleArn?: string }[]).flatMap(({ Arn, RoleArn: roleArn }, index) => {
      if (roleArn === undefined && !Arn.includes(':stateMachine:')) return [];
      const property = `Targets.${index}.RoleArn`;
      return [{ resource, property, roleArn, service: 'events.amazonaws.com', sourceArn: resource.arn as string }];
    }),
  );
}

function replications(assembly: Assembly): RoleUse[] {
  return resourcesOf(assembly, 'AWS::S3::Bucket').flatMap((resource) => {
    const { ReplicationConfiguration: configuration } = resource.properties as { ReplicationConfiguration?: { Role: string } };
    if (configuration === undefined) return [];
    const property = 'ReplicationConfiguration.Role';
    return [{ resource, property, roleArn: configuration.Role, service: 's3.amazonaws.com', sourceArn: resource.arn as string }];
  });
}

function scheduleTargets(assembly: Assembly): RoleUse[] {
  return resourcesOf(assembly, 'AWS::Scheduler::Schedule').map((resource) => {
    const { RoleArn: roleArn } = resource.properties.Target as { RoleArn?: string };
    // Scheduler speaks of the whole group.
    const sourceArn = (resource.arn as string).replace(/:schedule\/([^/]+)\/.*$/, ':schedule-group/$1');
    return { resource, property: 'Target.RoleArn', roleArn, service: 'scheduler.amazonaws.com', sourceArn };
  });
}
