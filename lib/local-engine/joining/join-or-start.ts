import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readAssembly } from '../assembly/read-assembly.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import { startWithLock } from '../start-engine.ts';
import { readCard } from './card.ts';
import { DirectoryLock } from './directory-lock.ts';
import { joinEngine } from './joined-engine.ts';

/** How often a process looks again while another one is starting or ending its engine. */
const lookAgainMilliseconds = 25;
/** A process that holds the directory this long without an engine that answers is stuck, and the user should know. */
const patienceMilliseconds = 60_000;

/**
 * The engine of a directory: joined where a process already runs it, started here otherwise. An engine whose process was killed is
 * taken over, also when several processes try at the same time.
 * @throws AssemblyRefused · Error `AssemblyDiffers` · Error `EngineNotAnswering`
 */
export async function joinOrStart(options: EngineOptions): Promise<Engine> {
  const deadline = Date.now() + patienceMilliseconds;
  while (true) {
    const lock = DirectoryLock.acquire(join(options.directory, 'engine'));
    if (lock instanceof DirectoryLock) return startWithLock(options, lock);
    const card = readCard(options.directory);
    if (card?.pid === lock.heldBy) {
      const joined = await joinEngine(card, options.directory, readAssembly(options.assembly, card.region).digest);
      if (joined !== undefined) return joined;
    }
    if (Date.now() > deadline) {
      const message = `Process ${lock.heldBy} holds ${options.directory} but its engine does not answer.`;
      throw Object.assign(new Error(message), { name: 'EngineNotAnswering' });
    }
    await delay(lookAgainMilliseconds);
  }
}
