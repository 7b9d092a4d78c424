import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ended, engineWith, instanceId, invocation, send } from './harness.ts';

describe('a command', () => {
  test('succeeds with its output, its exit code and its times', async () => {
    const { ssm } = engineWith(['echo out', 'echo err >&2']);
    const answer = await ended(ssm, await send(ssm));
    expect(answer).toMatchObject({
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      StandardOutputContent: 'out\n',
      StandardErrorContent: 'err\n',
    });
    expect(Date.parse(answer.ExecutionStartDateTime)).toBeLessThanOrEqual(Date.parse(answer.ExecutionEndDateTime));
    expect(answer.ExecutionElapsedTime).toMatch(/^PT[0-9.]+S$/);
  });

  test('fails with the exit code of its script', async () => {
    const { ssm } = engineWith(['exit 7']);
    expect(await ended(ssm, await send(ssm))).toMatchObject({ Status: 'Failed', ResponseCode: 7 });
  });

  test('gets its parameters as variables, whatever stands in them', async () => {
    const { ssm } = engineWith(['printf "%s" "$SSM_input"']);
    const value = '$(touch x); "`\'';
    expect(await ended(ssm, await send(ssm, { input: [value] }))).toMatchObject({
      Status: 'Success',
      StandardOutputContent: value,
    });
  });

  test('runs in a clean environment without the caller’s AWS settings', async () => {
    process.env.AWS_PROFILE = 'production';
    process.env.SECRET_OF_THE_CALLER = 'x';
    const { ssm } = engineWith(['env -0 | sort -z | tr "\\0" "\\n"']);
    const id = await send(ssm);
    const { StandardOutputContent } = await ended(ssm, id);
    delete process.env.AWS_PROFILE;
    delete process.env.SECRET_OF_THE_CALLER;
    const variables = Object.fromEntries(
      StandardOutputContent.trim()
        .split('\n')
        .map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
    );
    const names = Object.keys(variables).filter((name) => !['PWD', 'SHLVL', '_', 'TMPDIR', 'OLDPWD'].includes(name));
    expect(names.sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_CONFIG_FILE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL',
      'AWS_SHARED_CREDENTIALS_FILE',
      'FROM_HOST',
      'HOME',
      'LANG',
      'PATH',
      'SSM_COMMAND_ID',
      'SSM_input',
    ]);
    expect(variables).toMatchObject({ SSM_COMMAND_ID: id, AWS_CONFIG_FILE: '/dev/null', LANG: 'C.UTF-8', FROM_HOST: 'yes' });
    expect(variables.PATH!.split(':')[0]).toBe('/folder/of/wrappers');
  });

  test('leads its own session, reads nothing, and can open its streams again', async () => {
    const { ssm } = engineWith([
      'read -r _ pid _ < <(echo x $$)',
      'ps -o pgid=,sid= -p $$ | tr -d " \\n" | grep -qx "$$$$"',
      'readlink /proc/self/fd/0',
      'echo again >/dev/stderr',
    ]);
    expect(await ended(ssm, await send(ssm))).toMatchObject({
      Status: 'Success',
      StandardOutputContent: '/dev/null\n',
      StandardErrorContent: 'again\n',
    });
  });

  test('gives only the beginning of a long output', async () => {
    const { ssm } = engineWith(['head -c 30000 /dev/zero | tr "\\0" a', 'head -c 30000 /dev/zero | tr "\\0" b >&2']);
    const { StandardOutputContent, StandardErrorContent } = await ended(ssm, await send(ssm));
    expect([StandardOutputContent.length, StandardErrorContent.length]).toEqual([24_000, 8000]);
  });

  test('says nothing of its output while it runs', async () => {
    const { ssm } = engineWith(['echo early', 'sleep 30']);
    const id = await send(ssm);
    expect(await invocation(ssm, id)).toMatchObject({ Status: 'InProgress', StandardOutputContent: '', ResponseCode: -1 });
  });

  test('sends its messages line by line while it still runs', async () => {
    const { ssm, logged } = engineWith(['echo "größer" >&2', 'sleep 30']);
    const id = await send(
      ssm,
      {},
      { CloudWatchOutputConfig: { CloudWatchLogGroupName: '/group', CloudWatchOutputEnabled: true } },
    );
    await expect
      .poll(() => logged, { timeout: 10_000 })
      .toEqual([{ group: '/group', stream: `${id}/${instanceId}/aws-runShellScript/stderr`, line: 'größer' }]);
    expect(await invocation(ssm, id)).toMatchObject({ Status: 'InProgress' });
  });

  test('logs nothing when it is not asked to', async () => {
    const { ssm, logged } = engineWith(['echo x >&2']);
    await ended(ssm, await send(ssm));
    expect(logged).toEqual([]);
  });

  test('leaves no script behind', async () => {
    const { ssm, directory } = engineWith(['true']);
    await ended(ssm, await send(ssm));
    await ssm.idle();
    expect(readdirSync(join(directory, 'scripts'))).toEqual([]);
  });

  test('waits for a worker while five others run', async () => {
    const { ssm } = engineWith(['sleep 30']);
    const ids = await Promise.all(Array.from({ length: 6 }, () => send(ssm)));
    const waiting = await invocation(ssm, ids[5]!);
    expect(waiting).toMatchObject({ Status: 'Pending', ExecutionStartDateTime: '' });
    await ssm.call('CancelCommand', { CommandId: ids[5]! });
    expect(await invocation(ssm, ids[5]!)).toMatchObject({ Status: 'Cancelled' });
  });
});

describe('what is kept', () => {
  test('answers for a command of an earlier engine', async () => {
    const first = engineWith(['echo kept']);
    const id = await send(first.ssm, {}, { Comment: 'execution-1' });
    await ended(first.ssm, id);
    await first.ssm.close();
    const second = engineWith(['true'], first.directory);
    expect(await invocation(second.ssm, id)).toMatchObject({ Status: 'Success', StandardOutputContent: 'kept\n' });
    expect(await second.ssm.call('ListCommands', {})).toMatchObject({ Commands: [{ CommandId: id, Comment: 'execution-1' }] });
  });

  test('is readable by nobody else', async () => {
    const { ssm, directory } = engineWith(['true']);
    const id = await send(ssm);
    await ended(ssm, id);
    expect(JSON.parse(readFileSync(join(directory, 'commands', `${id}.json`), 'utf8'))).toMatchObject({ status: 'Success' });
  });
});
