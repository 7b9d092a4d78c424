import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { readLock } from './documents.ts';
import { Vault } from './vault.ts';

/** The outside rule cleans up within seconds; after two minutes something is wrong with it and the next run takes the lock over. */
const PATIENCE_MS = 120_000;

/** On AWS a stopped run is cleaned up by a rule outside it; its last act is to give the lock back. */
export async function settledOnAws(connection: Connection, executionArn: string): Promise<void> {
  const vault = new Vault(connection);
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const lock = await readLock(vault);
    if (lock?.executionArn !== executionArn) return;
    await pause(connection.pollMilliseconds);
  }
}
