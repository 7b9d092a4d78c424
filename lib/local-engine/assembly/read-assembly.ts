import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { unknownProperties } from './known-properties.ts';
import { localPlace, type Place } from './place.ts';
import { AssemblyRefused, type Problem } from './problem.ts';
import { Resolver, stackId } from './resolver.ts';
import { resourceTypes } from './resource-types.ts';
import { resourceAttributes, type Template, templateSections } from './template.ts';

/** A resource with every value resolved. */
export interface Resource {
  stack: string;
  region: string;
  logicalId: string;
  type: string;
  /** The physical name. */
  name: string;
  /** What `Ref` gives: a name, an ARN or a URL, by type. */
  ref: string;
  /** What `Fn::GetAtt … Arn` gives, where the type has it. */
  arn: string | undefined;
  properties: Record<string, unknown>;
}

export interface Output {
  key: string;
  value: string;
  exportName: string | undefined;
}

export interface Stack {
  name: string;
  id: string;
  resources: Resource[];
  outputs: Output[];
}

/** A CDK cloud assembly, ready to be carried out. */
export interface Assembly {
  directory: string;
  place: Place;
  stacks: Stack[];
  /** The same for the same templates and assets; two engines may share a directory only if theirs are equal. */
  digest: string;
  /** The folder or file of an asset, by the object key under which templates name it; undefined when there is none. */
  asset: (objectKey: string) => string | undefined;
}

interface Artifact {
  type: string;
  /** `aws://ACCOUNT/REGION`, each of the two `unknown-…` where the stack does not say it. */
  environment?: string;
  properties?: { templateFile?: string; stackName?: string; file?: string };
}

/** The stacks and assets that the assembly's own table of contents names. */
interface Contents {
  artifacts: Record<string, Artifact>;
}

const artifactsWithoutWork = ['cdk:tree', 'cdk:feature-flag-report'];

/**
 * Reads a `cdk.out` folder and resolves everything in it.
 * @throws AssemblyRefused with all problems at once
 */
export function readAssembly(directory: string, region: string): Assembly {
  const problems: Problem[] = [];
  const place = localPlace(region, dirname(resolve(directory)));
  const hash = createHash('sha256');
  const read = (file: string): string => {
    const content = readFileSync(join(directory, file), 'utf8');
    hash.update(`${file}\n${content}\n`);
    return content;
  };

  const resolvers: Resolver[] = [];
  const assets = new Map<string, string>();
  const contents = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as Contents;
  for (const [id, { type, environment, properties }] of Object.entries(contents.artifacts)) {
    if (type === 'aws:cloudformation:stack') {
      const template = JSON.parse(read(properties?.templateFile ?? `${id}.template.json`)) as Template;
      const stack = properties?.stackName ?? id;
      const own = { ...place, region: regionOf(environment) ?? region };
      hash.update(`${stack} ${own.region}\n`);
      const imports = (name: string) => exportedValue(resolvers, name, own.region);
      resolvers.push(new Resolver({ stack, template, place: own, problems, imports }));
    } else if (type === 'cdk:asset-manifest') {
      for (const [key, path] of assetPaths(read(properties?.file ?? `${id}.json`))) assets.set(key, resolve(directory, path));
    } else if (!artifactsWithoutWork.includes(type)) {
      problems.push({ stack: '', logicalId: id, path: 'type', message: `the engine does not know artifacts of type ${type}` });
    }
  }

  const stacks = resolvers.map((resolver) => readStack(resolver, problems));
  if (problems.length > 0) throw new AssemblyRefused(problems);
  return { directory, place, stacks, digest: hash.digest('hex'), asset: (objectKey) => assets.get(objectKey) };
}

/** The resources of one type in all stacks. */
export function resourcesOf(assembly: Assembly, type: string): Resource[] {
  return assembly.stacks.flatMap((stack) => stack.resources.filter((resource) => resource.type === type));
}

function readStack(resolver: Resolver, problems: Problem[]): Stack {
  const { stack, template, place } = resolver;
  const problem = (logicalId: string, path: string, message: string): void => {
    problems.push({ stack, logicalId, path, message });
  };
  for (const section of Object.keys(template)) {
    if (!templateSections.includes(section)) problem('', section, 'the engine does not know this section of a template');
  }

  const resources: Resource[] = [];
  for (const [logicalId, resource] of Object.entries(template.Resources ?? {})) {
    const type = resourceTypes[resource.Type];
    if (type === undefined) {
      problem(logicalId, 'Type', unknownType(resource.Type));
      continue;
    }
    for (const attribute of Object.keys(resource)) {
      if (!resourceAttributes.includes(attribute)) problem(logicalId, attribute, 'the engine does not know this attribute');
    }
    const before = problems.length;
    const read = attempt(
      () => {
        if (!resolver.exists(resource)) return undefined;
        const properties = resolver.resolve(resource.Properties ?? {}, logicalId, 'Properties') as Record<string, unknown>;
        // A name or an attribute that cannot be resolved was reported with the property it comes from.
        if (problems.length > before) return undefined;
        const arn = type.attributes?.Arn === undefined ? undefined : (resolver.attribute(logicalId, 'Arn') as string);
        const name = resolver.physicalName(logicalId);
        const ref = resolver.reference(logicalId);
        return { stack, region: place.region, logicalId, type: resource.Type, name, ref, arn, properties };
      },
      (message) => problem(logicalId, '', message),
    );
    if (read === undefined) continue;
    problems.push(...unknownProperties(read, read.properties));
    resources.push(read);
  }

  const outputs: Output[] = [];
  for (const [key, output] of Object.entries(template.Outputs ?? {})) {
    if (!resolver.exists(output)) continue;
    const value = resolver.resolve(output.Value, key, 'Value');
    const exportName =
      output.Export === undefined ? undefined : (resolver.resolve(output.Export.Name, key, 'Export.Name') as string);
    outputs.push({ key, value: String(value), exportName });
  }
  return { name: stack, id: stackId(place, stack), resources, outputs };
}

function regionOf(environment: string | undefined): string | undefined {
  const [, , , region] = environment?.split('/') ?? [];
  return region === undefined || region === 'unknown-region' ? undefined : region;
}

function unknownType(type: string): string {
  // What CDK makes of a reference into another region.
  if (!type.startsWith('Custom::CrossRegionExport')) return `the engine does not know the resource type ${type}`;
  return 'the engine carries no values from one region to another: give the resource a fixed name and refer to it by that';
}

function attempt<T>(compute: () => T, failed: (message: string) => void): T | undefined {
  try {
    return compute();
  } catch (error) {
    failed((error as Error).message);
    return undefined;
  }
}

/** An export is known in its own region only. */
function exportedValue(resolvers: Resolver[], name: string, region: string): string | undefined {
  for (const resolver of resolvers.filter(({ place }) => place.region === region)) {
    for (const [key, output] of Object.entries(resolver.template.Outputs ?? {})) {
      if (output.Export === undefined || !resolver.exists(output)) continue;
      if (resolver.resolve(output.Export.Name, key, 'Export.Name') !== name) continue;
      return resolver.resolve(output.Value, key, 'Value') as string;
    }
  }
  return undefined;
}

/** Object key → path inside the assembly, from the list of file assets that goes with a stack. */
function assetPaths(list: string): [string, string][] {
  const { files = {} } = JSON.parse(list) as {
    files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
  };
  return Object.values(files).flatMap(({ source, destinations }) => {
    const { path } = source;
    return path === undefined ? [] : Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, path]);
  });
}
