import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, onTestFinished, test } from 'vitest';
import { readAssembly } from '../../../../lib/local-engine/assembly/read-assembly.ts';
import type { EngineOptions } from '../../../../lib/local-engine/engine.ts';
import { readCard } from '../../../../lib/local-engine/joining/card.ts';
import { joinOrStart } from '../../../../lib/local-engine/joining/join-or-start.ts';
import { joinEngine } from '../../../../lib/local-engine/joining/joined-engine.ts';
import { startEngine } from '../../../../lib/local-engine/start-engine.ts';
import { writeAssembly } from '../foreign-assembly.ts';
import { Clients, eventually, scratchFolder, shopOptions } from '../foreign-engine.ts';
import { pickingAssets, pickingShop, slowToCloseShop } from './picking-shop.ts';
import { spawnEngine } from './spawn-engine.ts';

async function joined(options: EngineOptions) {
  const engine = await joinOrStart(options);
  onTestFinished(() => engine.close());
  return engine;
}

test('a second process joins the engine of the first and sees its executions', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await spawnEngine(options);
  const { executionArn } = await first.states.send(new StartExecutionCommand({ stateMachineArn: first.outputs.Picking }));
  const second = await joined(options);
  expect(second.endpoint).toBe(first.endpoint);
  expect(second.outputs('Shop')).toEqual(first.outputs);
  expect((await new Clients(second).describe(executionArn!)).status).toBe('RUNNING');
});

test('a joined engine waits until nothing is open, and knows the credentials of the roles', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await spawnEngine(options);
  const { executionArn } = await first.states.send(new StartExecutionCommand({ stateMachineArn: first.outputs.Picking }));
  const second = await joined(options);
  let idle = false;
  const waiting = second.idle().then(() => {
    idle = true;
  });
  expect((await second.credentialsFor('Shop-Clerk')).accessKeyId).toMatch(/^AKIA[0-9A-F]{16}$/);
  expect(idle).toBe(false);
  await first.states.send(new StopExecutionCommand({ executionArn }));
  await waiting;
});

test('an engine that is closed goes on until the processes that joined it have left', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await spawnEngine(options);
  const second = await joined(options);
  const ended = first.close();
  const clients = new Clients(second);
  const { executionArn } = await clients.run('Noting');
  expect((await clients.describe(executionArn!)).status).toBe('SUCCEEDED');
  expect(first.child.exitCode).toBeNull();
  await second.close();
  expect(await ended).toBe(0);
});

test('an engine that is closing lets nobody join it any more', async () => {
  const folder = scratchFolder();
  const [here, go] = [join(folder, 'here'), join(folder, 'go')];
  const options = shopOptions(slowToCloseShop, {
    check: {
      'index.mjs': `import { existsSync, writeFileSync } from 'node:fs';
        export const handler = async () => {
          writeFileSync(${JSON.stringify(here)}, '');
          while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 10));
        };`,
    },
  });
  const first = await joinOrStart(options);
  await new Clients(first).states.send(new StartExecutionCommand({ stateMachineArn: first.outputs('Shop').Picking }));
  const card = readCard(options.directory)!;
  const closed = first.close();
  await eventually(() => existsSync(here));
  const late = await joinEngine(card, options.directory, readAssembly(options.assembly, card.region).digest);
  writeFileSync(go, '');
  await closed;
  expect(late).toBeUndefined();
});

test('a joined process that is killed has left', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await joinOrStart(options);
  const second = await spawnEngine(options);
  const ended = first.close();
  await second.kill();
  await ended;
});

test('of several processes that find a killed engine one starts and the others join it', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  await (await spawnEngine(options)).kill();
  const engines = await Promise.all([1, 2, 3, 4].map(() => spawnEngine(options)));
  const endpoints = new Set(engines.map(({ endpoint }) => endpoint));
  expect(endpoints.size).toBe(1);
  const card = JSON.parse(readFileSync(join(options.directory, 'engine.json'), 'utf8'));
  expect(engines.map(({ pid }) => pid)).toContain(card.pid);
});

test('a directory whose lock names a process id that another program has now is taken over', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  await (await spawnEngine(options)).kill();
  const lock = join(options.directory, 'engine', 'lock-1');
  writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), pid: process.pid }));
  const engine = await joined(options);
  expect(JSON.parse(readFileSync(join(options.directory, 'engine.json'), 'utf8')).pid).toBe(process.pid);
  expect(engine.outputs('Shop').Picking).toMatch(/^arn:aws:states:/);
});

test('nobody but the owner can read the credentials of the engine', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  await joined(options);
  expect(statSync(join(options.directory, 'engine.json')).mode & 0o777).toBe(0o600);
});

test('the interface for joined processes answers nobody without its token', async () => {
  const { endpoint } = await joined(shopOptions(pickingShop, pickingAssets));
  expect((await fetch(`${endpoint}/_engine/hello`)).status).toBe(403);
});

test('a process with another version of the assembly does not join', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  await joined(options);
  const assembly = writeAssembly(join(scratchFolder(), 'cdk.out'), { Shop: { Resources: {} } });
  await expect(joinOrStart({ ...options, assembly })).rejects.toThrow(expect.objectContaining({ name: 'AssemblyDiffers' }));
});

test('starting a second engine on a directory is refused by name', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  await joined(options);
  await expect(startEngine(options)).rejects.toThrow(expect.objectContaining({ name: 'EngineRunning' }));
});

test('credentials of an engine that has ended open nothing at the next one', async () => {
  const options = shopOptions(pickingShop, pickingAssets);
  const first = await joinOrStart(options);
  const credentials = first.operatorCredentials;
  await first.close();
  const second = await joined(options);
  const states = new SFNClient({ endpoint: second.endpoint, region: second.region, credentials });
  const start = states.send(new StartExecutionCommand({ stateMachineArn: second.outputs('Shop').Noting }));
  await expect(start).rejects.toThrow(expect.objectContaining({ name: 'InvalidAccessKeyId' }));
});
