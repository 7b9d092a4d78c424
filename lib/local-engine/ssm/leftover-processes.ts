import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

// The supervisor of a dead engine's script gives it 5 seconds and then kills it; what is left after this is killed here.
const supervisorMilliseconds = 8000;

/**
 * Waits until no process of a command is left, and kills what its supervisor (killed itself) did not end. A command's processes are found by
 * SSM_COMMAND_ID in their environment: a process number may long belong to somebody else.
 */
export async function endLeftoverProcesses(commandId: string): Promise<void> {
  const deadline = Date.now() + supervisorMilliseconds;
  for (;;) {
    const left = processesOf(commandId);
    if (left.length === 0) return;
    if (Date.now() > deadline) for (const pid of left) kill(pid);
    await pause(50);
  }
}

function processesOf(commandId: string): number[] {
  const variable = `SSM_COMMAND_ID=${commandId}\0`;
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && environment(name).includes(variable))
    .map(Number);
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // ended meanwhile, or another user's
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}
