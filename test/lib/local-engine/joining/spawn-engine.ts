import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SFNClient } from '@aws-sdk/client-sfn';
import { onTestFinished } from 'vitest';
import type { EngineOptions } from '../../../../lib/local-engine/engine.ts';

const script = fileURLToPath(new URL('engine-process.ts', import.meta.url));

export interface EngineProcess {
  child: ChildProcess;
  pid: number;
  endpoint: string;
  outputs: Record<string, string>;
  states: SFNClient;
  /** Ends the process as if the machine had lost its power, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks the process to close its engine and resolves with its exit code. */
  close(): Promise<number | null>;
}

/** Starts a process that joins or starts the engine of a directory, and waits until it has it. */
export async function spawnEngine(options: EngineOptions): Promise<EngineProcess> {
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    exited.then(() => Promise.reject(new Error('The engine process ended'))),
  ])) as [string];
  const { endpoint, credentials, outputs } = JSON.parse(line);
  return {
    child,
    pid: child.pid!,
    endpoint,
    outputs,
    states: new SFNClient({ endpoint, region: 'us-east-1', credentials }),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    close: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}
