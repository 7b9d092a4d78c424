import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { onTestFinished } from 'vitest';
import type { Engine, EngineOptions } from '../../../lib/local-engine/engine.ts';
import { startEngine } from '../../../lib/local-engine/start-engine.ts';
import { type ForeignStack, writeAssembly } from './foreign-assembly.ts';
import { LambdaCaller } from './lambda-caller.ts';

export const hostCommands = { instanceId: 'mi-0f00d0f00d0f00d00', roleName: 'warehouse-host', path: [], environment: {} };

/** A folder that is removed when the test has ended. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes an assembly of one stack, `Shop`, into a new folder and gives the engine's options for it. */
export function shopOptions(stack: ForeignStack, assets: Record<string, Record<string, string>> = {}): EngineOptions {
  const directory = scratchFolder();
  return { directory, assembly: writeAssembly(join(directory, 'cdk.out'), { Shop: stack }, assets), hostCommands };
}

/** Unmodified SDK clients of an engine, and the few calls that nearly every test makes. */
export class Clients {
  readonly states: SFNClient;
  readonly topics: SNSClient;
  readonly logs: CloudWatchLogsClient;
  readonly stacks: CloudFormationClient;
  readonly scheduler: SchedulerClient;
  readonly lambda: LambdaCaller;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    const options = { endpoint: engine.endpoint, region: engine.region, credentials: engine.operatorCredentials };
    this.#engine = engine;
    this.states = new SFNClient(options);
    this.topics = new SNSClient(options);
    this.logs = new CloudWatchLogsClient(options);
    this.stacks = new CloudFormationClient(options);
    this.scheduler = new SchedulerClient(options);
    this.lambda = new LambdaCaller(engine);
  }

  /** Starts an execution of the machine whose ARN is an output of the stack `Shop`. */
  async start(output: string, input: unknown = {}, name?: string): Promise<string> {
    const stateMachineArn = this.#engine.outputs('Shop')[output];
    const { executionArn } = await this.states.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), name }),
    );
    return executionArn!;
  }

  describe(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    return this.states.send(new DescribeExecutionCommand({ executionArn }));
  }

  /** Runs an execution to its end, and to the end of everything that it set going. */
  async run(output: string, input: unknown = {}, name?: string): Promise<DescribeExecutionCommandOutput> {
    const executionArn = await this.start(output, input, name);
    await this.#engine.idle();
    return this.describe(executionArn);
  }
}

/** Starts an engine that is closed when the test has ended. */
export async function started(options: EngineOptions): Promise<{ engine: Engine; clients: Clients }> {
  const engine = await startEngine(options);
  onTestFinished(() => engine.close());
  return { engine, clients: new Clients(engine) };
}

/** Waits until something holds; fails after ten seconds. */
export async function eventually<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (true) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`It did not happen within ten seconds: ${probe.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
