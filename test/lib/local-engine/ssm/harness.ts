import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSsm, type Ssm } from '../../../../lib/local-engine/ssm/ssm.ts';

export const instanceId = 'mi-0123456789abcdef0';

/** A document that runs the given lines, with a parameter `input` and a time limit. */
export function documentOf(...lines: string[]): unknown {
  return {
    schemaVersion: '2.2',
    description: 'a test',
    parameters: {
      input: { type: 'String', default: '', allowedPattern: '^[a-z $();`"\'-]*$', interpolationType: 'ENV_VAR' },
      free: { type: 'String', default: '' },
      executionTimeout: { type: 'String', default: '60', allowedPattern: '^[0-9]{1,6}$' },
    },
    mainSteps: [
      { action: 'aws:runShellScript', name: 'run', inputs: { timeoutSeconds: '{{ executionTimeout }}', runCommand: lines } },
    ],
  };
}

export interface Invocation {
  Status: string;
  StatusDetails: string;
  ResponseCode: number;
  StandardOutputContent: string;
  StandardErrorContent: string;
  ExecutionStartDateTime: string;
  ExecutionEndDateTime: string;
  ExecutionElapsedTime: string;
}

export interface Line {
  group: string;
  stream: string;
  line: string;
}

/** A temporary folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ssm-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** An engine part with one document, `job`, that runs the given lines; it is closed when the test ends. */
export function engineWith(lines: string[], directory = temporaryFolder(), environment: Record<string, string> = {}) {
  const logged: Line[] = [];
  const ssm = createSsm({
    documents: { job: documentOf(...lines) },
    host: { instanceId, roleName: 'host-role', path: ['/folder/of/wrappers'], environment: { FROM_HOST: 'yes' } },
    hostEnvironment: { AWS_ACCESS_KEY_ID: 'key', AWS_ENDPOINT_URL: 'http://127.0.0.1:1', ...environment },
    logs: { append: (group, stream, line) => logged.push({ group, stream, line }) },
    directory,
  });
  onTestFinished(() => ssm.close());
  return { ssm, logged, directory };
}

/** Sends `job` and answers its command id. */
export async function send(
  ssm: Ssm,
  parameters: Record<string, string[]> = {},
  more: Record<string, unknown> = {},
): Promise<string> {
  const sent = await ssm.call('SendCommand', { DocumentName: 'job', InstanceIds: [instanceId], Parameters: parameters, ...more });
  return (sent as { Command: { CommandId: string } }).Command.CommandId;
}

export async function invocation(ssm: Ssm, id: string): Promise<Invocation> {
  return (await ssm.call('GetCommandInvocation', { CommandId: id, InstanceId: instanceId })) as Invocation;
}

/** Asks until the command has ended, at most 20 seconds. */
export async function ended(ssm: Ssm, id: string): Promise<Invocation> {
  return until(async () => {
    const answer = await invocation(ssm, id);
    return ['Pending', 'InProgress', 'Cancelling'].includes(answer.Status) ? null : answer;
  });
}

/** Polls until there is an answer, at most 20 seconds. */
export async function until<T>(ask: () => T | null | Promise<T | null>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error('waited 20 seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
