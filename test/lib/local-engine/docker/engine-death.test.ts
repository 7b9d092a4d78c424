import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { docker } from './contract.ts';
import { alive, embedded } from './fixture.ts';

let host: ReturnType<typeof embedded>;
beforeAll(() => {
  host = embedded();
});
afterAll(() => host.remove());

test.each([
  ['the engine', 1],
  ['its whole process group', -1],
])('a started container ends after a kill -9 of %s', async (_, sign) => {
  const { subject, folder } = host;
  const name = `x${sign + 2}`;
  const program = join(folder, 'engine.ts');
  const module = join(import.meta.dirname, '../../../../lib/local-engine/docker/embedded-host.ts');
  const script = `sleep 987 & setsid sleep 987 & echo $$ $! >${folder}/pids.new; mv ${folder}/pids.new ${folder}/${name}; wait`;
  const args = ['run', '--detach', '--name', name, '--label', 'a=b', '--entrypoint', 'bash', subject.image, '-c', script];
  writeFileSync(
    program,
    `import { spawnSync } from 'node:child_process';
     import { embeddedHost } from ${JSON.stringify(module)};
     const { path, environment } = embeddedHost(${JSON.stringify(host.file)}, ${JSON.stringify(join(folder, 'state'))});
     spawnSync(path[0] + '/docker', ${JSON.stringify(args)}, { env: { ...process.env, ...environment } });
     setInterval(() => {}, 1000);`,
  );
  const engine = spawn(process.execPath, [program], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void engine.kill('SIGKILL'));
  await expect.poll(() => existsSync(join(folder, name)), { timeout: 15_000 }).toBe(true);
  const pids = readFileSync(join(folder, name), 'utf8').trim().split(' ').map(Number);
  expect(alive(pids)).toEqual(pids);
  process.kill(sign * engine.pid!, 'SIGKILL');
  await expect.poll(() => alive(pids), { timeout: 15_000 }).toEqual([]);
  const state = ['inspect', '--type', 'container', '--format', '{{.State.Running}} {{.State.Status}}', name];
  await expect.poll(async () => (await docker(subject, state)).stdout, { timeout: 10_000 }).toBe('false exited\n');
  expect(await docker(subject, ['rm', '--force', '--volumes', name])).toMatchObject({ exit: 0 });
});
