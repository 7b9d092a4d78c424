import { elsewhereProblems } from './assembly/elsewhere.ts';
import { AssemblyRefused, type Problem } from './assembly/problem.ts';
import { type Assembly, type Resource, readAssembly, resourcesOf } from './assembly/read-assembly.ts';
import { deliveryProblems } from './delivery-problems.ts';
import { type Rule, rulesOfAssembly } from './events/rules.ts';
import type { KeysOptions } from './kms/keys.ts';
import { keysOfAssembly } from './kms/keys-of-assembly.ts';
import { type FunctionSpec, functionSpec } from './lambda/function-spec.ts';
import { checkDeployment } from './policies/deployment.ts';
import { type AssemblyPolicies, policiesOfAssembly } from './policies/policies-of-assembly.ts';
import { parseBucketProperties } from './s3/bucket-properties.ts';
import { type Schedule, schedulesOfAssembly } from './schedule/schedules.ts';
import type { DeclaredSecret } from './secrets/secrets.ts';
import { secretsOfAssembly } from './secrets/secrets-of-assembly.ts';
import type { Topic } from './sns/topics.ts';
import { topicsOfAssembly } from './sns/topics-of-assembly.ts';
import { loadDocument } from './ssm/document.ts';
import { MachineInvalid, machineTasks, parseMachine } from './states/machine.ts';
import type { LoadedMachine } from './states-service/executions.ts';
import { integrationName } from './states-service/integrations.ts';
import { type TrailSpec, trailsOfAssembly } from './trail/trails-of-assembly.ts';

/** Everything of an assembly that the engine carries out, checked. */
export interface Loaded {
  assembly: Assembly;
  functions: FunctionSpec[];
  machines: LoadedMachine[];
  rules: Rule[];
  schedules: Schedule[];
  topics: Topic[];
  buckets: Resource[];
  keys: Pick<KeysOptions, 'declared' | 'aliases'>;
  secrets: DeclaredSecret[];
  trails: TrailSpec[];
  /** The content of each command document by its name. */
  documents: Record<string, unknown>;
  logGroups: string[];
  roleArns: string[];
  /** How long a session of each role may last, by its ARN, in seconds. */
  longestSessions: Map<string, number>;
  policies: AssemblyPolicies;
}

/**
 * Reads an assembly and checks all of it.
 * @param integrationNames the task resources that state machines may use
 * @throws AssemblyRefused with everything that the engine could not carry out
 */
export function loadAssembly(directory: string, region: string, integrationNames: string[]): Loaded {
  const assembly = readAssembly(directory, region);
  const problems: Problem[] = [];
  const functions = resourcesOf(assembly, 'AWS::Lambda::Function').map((resource) => functionSpec(assembly, resource, problems));
  const machines = resourcesOf(assembly, 'AWS::StepFunctions::StateMachine').flatMap((resource) =>
    loadMachine(resource, integrationNames, problems),
  );
  const topics = topicsOfAssembly(assembly);
  const rules = rulesOfAssembly(assembly, problems);
  const schedules = schedulesOfAssembly(assembly, problems);
  const known = new Set([...functions, ...machines, ...topics].map(({ arn }) => arn));
  for (const { stack, logicalId, properties } of resourcesOf(assembly, 'AWS::Events::Rule')) {
    for (const [index, { Arn }] of ((properties.Targets ?? []) as { Arn: string }[]).entries()) {
      if (!known.has(Arn)) problems.push(unknownTarget(stack, logicalId, `Properties.Targets.${index}.Arn`, Arn));
    }
  }
  for (const { stack, logicalId, properties } of resourcesOf(assembly, 'AWS::Scheduler::Schedule')) {
    const { Arn } = properties.Target as { Arn: string };
    if (!known.has(Arn)) problems.push(unknownTarget(stack, logicalId, 'Properties.Target.Arn', Arn));
  }
  const buckets = resourcesOf(assembly, 'AWS::S3::Bucket');
  for (const { stack, logicalId, properties } of buckets) {
    try {
      parseBucketProperties(properties);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push({ stack, logicalId, path: 'Properties', message: error.message });
    }
  }
  problems.push(...elsewhereProblems(assembly));
  const keys = keysOfAssembly(assembly, problems);
  const trails = trailsOfAssembly(assembly, problems);
  problems.push(...deliveryProblems(buckets));
  const documents = Object.fromEntries(
    resourcesOf(assembly, 'AWS::SSM::Document').map(({ stack, logicalId, name, properties }) => {
      if (properties.DocumentType !== undefined && properties.DocumentType !== 'Command') {
        const message = `the engine runs Command documents, not ${String(properties.DocumentType)}`;
        problems.push({ stack, logicalId, path: 'Properties.DocumentType', message });
      }
      try {
        const content = typeof properties.Content === 'string' ? JSON.parse(properties.Content) : properties.Content;
        loadDocument(name, content);
        return [name, content];
      } catch (error) {
        problems.push({ stack, logicalId, path: 'Properties.Content', message: (error as Error).message });
        return [name, undefined];
      }
    }),
  );
  const policies = policiesOfAssembly(assembly, problems);
  checkDeployment(assembly, policies, problems);
  if (problems.length > 0) throw new AssemblyRefused(problems);
  const roles = resourcesOf(assembly, 'AWS::IAM::Role');
  return {
    assembly,
    functions,
    machines,
    rules,
    schedules,
    topics,
    buckets,
    keys,
    secrets: secretsOfAssembly(assembly),
    trails,
    documents,
    logGroups: resourcesOf(assembly, 'AWS::Logs::LogGroup').map(({ name }) => name),
    roleArns: roles.map(({ arn }) => arn as string),
    longestSessions: new Map(roles.map(({ arn, properties }) => [arn as string, Number(properties.MaxSessionDuration ?? 3600)])),
    policies,
  };
}

function loadMachine(resource: Resource, integrationNames: string[], problems: Problem[]): LoadedMachine[] {
  const { stack, logicalId, name, properties } = resource;
  const problem = (path: string, message: string): void => {
    problems.push({ stack, logicalId, path: `Properties.${path}`, message });
  };
  if (properties.StateMachineType === 'EXPRESS') problem('StateMachineType', 'the engine runs no EXPRESS machines');
  const substitutions = (properties.DefinitionSubstitutions ?? {}) as Record<string, unknown>;
  const definition = String(properties.DefinitionString).replace(/\$\{([A-Za-z0-9_]+)\}/g, (found, variable: string) =>
    variable in substitutions ? String(substitutions[variable]) : found,
  );
  try {
    const machine = parseMachine(JSON.parse(definition), name);
    for (const { stateName, resource: task } of machineTasks(machine)) {
      if (!integrationNames.includes(integrationName(task))) {
        problem(`DefinitionString / ${stateName} / Resource`, `the engine does not know the task resource ${task}`);
      }
    }
    return [{ name, arn: resource.arn as string, roleArn: String(properties.RoleArn ?? ''), definition, machine }];
  } catch (error) {
    if (error instanceof MachineInvalid)
      for (const { path, message } of error.problems) problem(`DefinitionString ${path}`, message);
    else if (error instanceof SyntaxError) problem('DefinitionString', `is no JSON: ${error.message}`);
    else throw error;
    return [];
  }
}

function unknownTarget(stack: string, logicalId: string, path: string, arn: string): Problem {
  return { stack, logicalId, path, message: `the target ${arn} is no function, state machine or topic of this assembly` };
}
