import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { eventually, shopOptions, started } from '../foreign-engine.ts';
import { pickingAssets, pickingShop } from './picking-shop.ts';
import { spawnEngine } from './spawn-engine.ts';

test('what a killed engine left open is ABORTED at the next start, and the rule for it has run', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await spawnEngine(options);
  const { executionArn } = await first.states.send(
    new StartExecutionCommand({ stateMachineArn: first.outputs.Picking, name: 'order-3', input: '{"size":3}' }),
  );
  await first.kill();

  const { engine, clients } = await started(options);
  const execution = await clients.describe(executionArn!);
  expect(execution).toMatchObject({ status: 'ABORTED', error: 'EngineStopped', input: '{"size":3}' });
  const { executions } = await clients.states.send(new ListExecutionsCommand({ stateMachineArn: engine.outputs('Shop').Noting }));
  expect(executions).toHaveLength(1);
  expect(await clients.describe(executions![0]!.executionArn!)).toMatchObject({ status: 'SUCCEEDED', input: '"order-3"' });
});

test('an end is told once, however often the engine is started', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await spawnEngine(options);
  await first.states.send(new StartExecutionCommand({ stateMachineArn: first.outputs.Picking, name: 'order-4' }));
  await first.kill();
  await (await spawnEngine(options)).close();

  const { engine, clients } = await started(options);
  const { executions } = await clients.states.send(new ListExecutionsCommand({ stateMachineArn: engine.outputs('Shop').Noting }));
  expect(executions).toHaveLength(1);
});

test('the functions of a killed engine end with it', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await spawnEngine(options);
  const file = join(options.directory, 'pid');
  const input = JSON.stringify({ file });
  await first.states.send(new StartExecutionCommand({ stateMachineArn: first.outputs.Checking, input }));
  const pid = await eventually(() => pidIn(file));
  expect(isAlive(pid)).toBe(true);
  await first.kill();
  await eventually(() => !isAlive(pid) || undefined);
});

function pidIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
