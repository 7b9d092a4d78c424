import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { alive } from '../docker/fixture.ts';
import { documentOf, ended, engineWith, instanceId, invocation, send, temporaryFolder, until } from './harness.ts';

// A script that says when it and a process below it run, and undoes what it did when it is told to end.
const obedient = (folder: string) => [
  `trap 'echo undoing >&2; sleep 0.2; echo undone >${folder}/undone; exit 1' TERM`,
  'sleep 987 & child=$!',
  `echo "$$ $child" >${folder}/pids`,
  'wait',
];
// A script that does not listen, nor does its child.
const stubborn = (folder: string) => [
  'trap "" TERM',
  'bash -c "trap \\"\\" TERM; while :; do sleep 1; done" & child=$!',
  `echo "$$ $child" >${folder}/pids`,
  'while :; do sleep 1; done',
];

async function pids(folder: string): Promise<number[]> {
  return until(() => {
    const text = existsSync(join(folder, 'pids')) ? readFileSync(join(folder, 'pids'), 'utf8') : '';
    return text.endsWith('\n') ? text.trim().split(' ').map(Number) : null;
  });
}

describe('a command that ends before its time', () => {
  test('is TimedOut when its time is over, with nothing of it left', async () => {
    const folder = temporaryFolder();
    const { ssm } = engineWith(obedient(folder));
    const id = await send(ssm, { executionTimeout: ['3'] });
    expect(await ended(ssm, id)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'ExecutionTimedOut',
      ResponseCode: 137,
      StandardErrorContent: 'undoing\n',
    });
    expect(existsSync(join(folder, 'undone'))).toBe(true);
    expect(alive(await pids(folder))).toEqual([]);
  });

  test('is Cancelled after it has undone what it did', async () => {
    const folder = temporaryFolder();
    const { ssm } = engineWith(obedient(folder));
    const id = await send(ssm);
    const processes = await pids(folder);
    await ssm.call('CancelCommand', { CommandId: id, InstanceIds: [instanceId] });
    expect(await ended(ssm, id)).toMatchObject({ Status: 'Cancelled', StatusDetails: 'Cancelled' });
    expect(existsSync(join(folder, 'undone'))).toBe(true);
    expect(alive(processes)).toEqual([]);
  });

  test('is killed after five seconds when it does not listen', async () => {
    const folder = temporaryFolder();
    const { ssm } = engineWith(stubborn(folder));
    const id = await send(ssm);
    const processes = await pids(folder);
    const start = Date.now();
    await ssm.call('CancelCommand', { CommandId: id });
    expect(await invocation(ssm, id)).toMatchObject({ Status: 'Cancelling' });
    expect(await ended(ssm, id)).toMatchObject({ Status: 'Cancelled' });
    expect(Date.now() - start).toBeGreaterThan(4500);
    expect(alive(processes)).toEqual([]);
  });

  test('stays what it is when it is cancelled after its end', async () => {
    const { ssm } = engineWith(['true']);
    const id = await send(ssm);
    await ended(ssm, id);
    await ssm.call('CancelCommand', { CommandId: id });
    expect(await invocation(ssm, id)).toMatchObject({ Status: 'Success' });
  });

  test('ends when the engine is closed', async () => {
    const folder = temporaryFolder();
    const { ssm } = engineWith(obedient(folder));
    await send(ssm);
    const processes = await pids(folder);
    await ssm.close();
    expect(alive(processes)).toEqual([]);
  });

  test('leaves no process of its group running after its own end', async () => {
    const folder = temporaryFolder();
    const { ssm } = engineWith(['sleep 987 >/dev/null 2>&1 & child=$!', `echo "$$ $child" >${folder}/pids`]);
    const id = await send(ssm);
    expect(await ended(ssm, id)).toMatchObject({ Status: 'Success' });
    await ssm.idle();
    expect(alive(await pids(folder))).toEqual([]);
  });
});

describe('the death of the engine', () => {
  /** An engine in a process (and group) of its own, with one command under way. */
  async function engineProcess(lines: (folder: string) => string[]) {
    const folder = temporaryFolder();
    const program = join(folder, 'engine.ts');
    const module = join(import.meta.dirname, '../../../../lib/local-engine/ssm/ssm.ts');
    writeFileSync(
      program,
      `import { createSsm } from ${JSON.stringify(module)};
       const ssm = createSsm({ documents: { job: ${JSON.stringify(documentOf(...lines(folder)))} }, directory: ${JSON.stringify(join(folder, 'state'))},
         host: { instanceId: '${instanceId}', roleName: 'r', path: [], environment: {} }, hostEnvironment: {}, logs: { append() {} } });
       await ssm.call('SendCommand', { DocumentName: 'job', InstanceIds: ['${instanceId}'] });
       setInterval(() => {}, 1000);`,
    );
    const engine = spawn(process.execPath, [program], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void engine.kill('SIGKILL'));
    return { engine, folder, processes: await pids(folder) };
  }

  test.each([
    ['the engine', 1],
    ['its whole process group', -1],
  ])('by kill -9 of %s lets the command undo what it did, and ends it', async (_, sign) => {
    const { engine, folder, processes } = await engineProcess(obedient);
    process.kill(sign * engine.pid!, 'SIGKILL');
    await until(() => (existsSync(join(folder, 'undone')) ? true : null));
    await until(() => (alive(processes).length === 0 ? true : null));
  });

  test('ends a command that does not listen after five seconds, and a later engine says so only then', async () => {
    const { engine, folder, processes } = await engineProcess(stubborn);
    process.kill(engine.pid!, 'SIGKILL');
    await until(() => (alive([engine.pid!]).length === 0 ? true : null));
    const { ssm } = engineWith(['true'], join(folder, 'state'));
    const id = readdirSync(join(folder, 'state', 'commands'))[0]!.replace('.json', '');
    expect(await invocation(ssm, id)).toMatchObject({ Status: 'Cancelling' });
    expect(await ended(ssm, id)).toMatchObject({ Status: 'Cancelled', StatusDetails: 'Cancelled' });
    expect(alive(processes)).toEqual([]);
  });

  test('leaves nothing even when its supervisor was killed first', async () => {
    const { engine, folder, processes } = await engineProcess(stubborn);
    const supervisor = Number(readFileSync(`/proc/${processes[0]}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]);
    process.kill(-supervisor, 'SIGKILL');
    process.kill(engine.pid!, 'SIGKILL');
    await until(() => (alive([engine.pid!]).length === 0 ? true : null));
    const { ssm } = engineWith(['true'], join(folder, 'state'));
    const id = readdirSync(join(folder, 'state', 'commands'))[0]!.replace('.json', '');
    expect(await ended(ssm, id)).toMatchObject({ Status: 'Cancelled' });
    expect(alive(processes)).toEqual([]);
  });
});
