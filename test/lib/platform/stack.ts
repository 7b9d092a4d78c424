import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll } from 'vitest';

const folders: string[] = [];
afterAll(() => folders.splice(0).forEach((folder) => void rmSync(folder, { recursive: true, force: true })));

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Rules?: Record<string, unknown>;
}

/** A stack of its own for one test. */
export function stack(): Stack {
  const outdir = mkdtempSync(join(tmpdir(), 'one-stack-'));
  folders.push(outdir);
  return new Stack(new App({ outdir, builtinCloudFormationValidation: false }), 'Test', {
    env: { account: '123456789012', region: 'eu-west-1' },
  });
}

/** The template of the stack, with everything resolved. */
export function templateOf(of: Stack): Template {
  const root = of.node.root as App;
  return root.synth().getStackByName(of.stackName).template as Template;
}

export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.values(template.Resources).filter((resource) => resource.Type === type);
}

/** The definition of a machine; references to other resources stand in it as their logical ids. */
export function definitionOf(template: Template, machineName: string): Record<string, unknown> {
  const machine = resourcesOf(template, 'AWS::StepFunctions::StateMachine').find(
    ({ Properties }) => Properties.StateMachineName === machineName,
  );
  if (!machine) throw new Error(`The template has no machine ${machineName}.`);
  return JSON.parse(plainText(machine.Properties.DefinitionString));
}

export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument]] = Object.entries(value) as [[string, unknown]];
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map(plainText).join('');
  return name === 'Ref' ? String(argument) : (argument as string[])[0]!;
}
