import { afterAll, expect, it } from 'vitest';
import { HostMachine } from '../host-machine.ts';

const machine = new HostMachine({
  docker: '#!/bin/bash\necho 20.1\n',
  aws: '#!/bin/bash\necho aws-cli/2.33.0 Python/3.13\n',
});
afterAll(() => machine.remove());

const inspect = (plainSql: string, lacking: string[]) =>
  machine.run('functions/backup/inspect-host.sh', { plainSql }, lacking).said.error;

it('names every tool that is missing in one message, gzip only where plain SQL is to be stored', () => {
  expect(inspect('true', ['gzip', 'curl', 'zstd'])).toEqual({
    name: 'ToolMissing',
    message: 'The host lacks: zstd curl gzip.',
  });
  expect(inspect('false', ['gzip'])).toBeUndefined();
});
