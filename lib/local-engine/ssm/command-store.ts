import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type CommandStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelling' | 'Cancelled';

/** One command on the one host, as it is kept on disk: what was asked, and what came of it. Times are milliseconds since 1970. */
export interface Command {
  id: string;
  documentName: string;
  instanceId: string;
  parameters: Record<string, string[]>;
  comment: string;
  deliverySeconds: number;
  log: { group: string; enabled: boolean };
  requestedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  status: CommandStatus;
  statusDetails: string;
  responseCode: number;
  stdout: string;
  stderr: string;
}

/** Whether nothing more will come of a command. Cancelling is not the end: the script may still run. */
export function isTerminal(status: CommandStatus): boolean {
  return !['Pending', 'InProgress', 'Cancelling'].includes(status);
}

// As long as AWS keeps the history of commands.
const keptMilliseconds = 30 * 24 * 3600 * 1000;

/** All commands, newest first, in memory and one JSON file each, so that a later engine can answer for them. */
export class CommandStore {
  readonly #folder: string;
  readonly #commands = new Map<string, Command>();

  constructor(folder: string, now: number) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      if (!name.endsWith('.json')) {
        rmSync(file); // half written by an engine that was killed
        continue;
      }
      const command: Command = JSON.parse(readFileSync(file, 'utf8'));
      if (command.requestedAt < now - keptMilliseconds) rmSync(file);
      else this.#commands.set(command.id, command);
    }
  }

  get(id: string): Command | undefined {
    return this.#commands.get(id);
  }

  all(): Command[] {
    return [...this.#commands.values()].sort((a, b) => b.requestedAt - a.requestedAt || (a.id < b.id ? 1 : -1));
  }

  /** Keeps a command as it is now, in one rename. */
  save(command: Command): void {
    this.#commands.set(command.id, command);
    const file = join(this.#folder, `${command.id}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(command), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
