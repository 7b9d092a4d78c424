import { join } from 'node:path';
import { z } from 'zod';
import type { FunctionSpec } from '../../lib/local-engine/lambda/function-spec.ts';
import { loadAssembly } from '../../lib/local-engine/load.ts';
import { integrationNames } from '../../lib/local-engine/states-service/integrations.ts';
import { command } from '../support/command.ts';

const answer = z.object({ loadMilliseconds: z.number(), seconds: z.number().nullable(), residentBytes: z.number() });

/** Every function of an assembly. */
export function functionsOf(assembly: string, region: string): FunctionSpec[] {
  return loadAssembly(assembly, region, integrationNames).functions;
}

export function bundleOf({ folder }: FunctionSpec): string {
  return join(folder, 'index.mjs');
}

/** Loads a function in a process of its own on one core, and calls it when there is an event. `environment` is added to what the function is deployed with. */
export async function callHandler(
  spec: FunctionSpec,
  environment: Record<string, string>,
  event?: unknown,
): Promise<z.infer<typeof answer>> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', `--max-old-space-size=${spec.memoryMegabytes}`];
  const said = await command(
    ['taskset', '--cpu-list', '0', ...node, join(import.meta.dirname, 'call-handler.ts'), bundleOf(spec)],
    {
      env: { PATH: process.env.PATH, ...spec.environment, ...environment },
      input: event === undefined ? '' : JSON.stringify(event),
    },
  );
  return answer.parse(JSON.parse(said.trim().split('\n').at(-1)!));
}
