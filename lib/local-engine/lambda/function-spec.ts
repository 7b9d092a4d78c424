import { nameInArn } from '../assembly/place.ts';
import type { Problem } from '../assembly/problem.ts';
import type { Assembly, Resource } from '../assembly/read-assembly.ts';

/** A function as the engine runs it. */
export interface FunctionSpec {
  name: string;
  arn: string;
  roleArn: string;
  /** The asset folder. */
  folder: string;
  /** `file.export`, relative to the folder. */
  handler: string;
  environment: Record<string, string>;
  memoryMegabytes: number;
  timeoutSeconds: number;
  logGroup: string;
}

/** Reads a function's (resolved) resource; what cannot be run on this machine is a problem. */
export function functionSpec(assembly: Assembly, resource: Resource, problems: Problem[]): FunctionSpec {
  const properties = resource.properties as {
    Code?: { S3Key?: string };
    Handler?: string;
    Runtime?: string;
    Role?: string;
    PackageType?: string;
    Environment?: { Variables?: Record<string, unknown> };
    MemorySize?: number;
    Timeout?: number;
    LoggingConfig?: { LogGroup?: string };
  };
  const problem = (path: string, message: string): void => {
    problems.push({ stack: resource.stack, logicalId: resource.logicalId, path: `Properties.${path}`, message });
  };
  const key = properties.Code?.S3Key;
  const folder = key === undefined ? undefined : assembly.asset(key);
  if (folder === undefined) problem('Code.S3Key', `the assembly has no asset ${String(key)}`);
  if (!properties.Runtime?.startsWith('nodejs'))
    problem('Runtime', `the engine runs Node.js functions, not ${String(properties.Runtime)}`);
  if (properties.PackageType === 'Image') problem('PackageType', 'the engine runs no container images');
  if (properties.Handler === undefined) problem('Handler', 'is missing');
  return {
    name: resource.name,
    arn: resource.arn as string,
    roleArn: properties.Role ?? '',
    folder: folder ?? '',
    handler: properties.Handler ?? '',
    environment: Object.fromEntries(
      Object.entries(properties.Environment?.Variables ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    memoryMegabytes: Number(properties.MemorySize ?? 128),
    timeoutSeconds: Number(properties.Timeout ?? 3),
    logGroup:
      properties.LoggingConfig?.LogGroup === undefined
        ? `/aws/lambda/${resource.name}`
        : nameInArn(properties.LoggingConfig.LogGroup),
  };
}
