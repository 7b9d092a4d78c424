import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backup } from './capture.ts';
import { type Footprint, watchProcesses } from './footprint.ts';
import { absolute, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

const FILES = { 'one-large.bin': 2 * 1024 ** 3, 'a/half.bin': 768 * 1024 ** 2, 'b/rest.bin': 256 * 1024 ** 2 };
const SCRATCH_BYTES = 64 * 1024 ** 2;
const MOST_MEMORY_MB = 256;

/** 3 GiB that do not compress, through a TMPDIR of 64 MB and back: captured, read back and unpacked, with no process over 256 MB. Root only. */
export async function files3gbBench(stage: Stage): Promise<Row[]> {
  say('filling a volume with 3 GiB of random bytes');
  const volume = await stage.host.volume('large');
  for (const [path, bytes] of Object.entries(FILES)) writeRandom(join(volume.folder, path), bytes);
  const suite = await stage.suite('large', { volumes: [{ name: 'large', volume: volume.name }] });
  await suite.run('list'); // synthesizes, which needs more memory than any backup
  const restore = await stage.host.limitScratch(SCRATCH_BYTES);
  let seen: Footprint | undefined;
  say('3 GiB through a TMPDIR of 64 MB');
  const began = performance.now();
  await backup(suite, (pid) => {
    const watch = watchProcesses(pid, stage.host.environment.TMPDIR!);
    return () => {
      seen = watch.stop();
    };
  });
  const seconds = (performance.now() - began) / 1000;
  await restore();
  const processes = seen!.largest();
  const [largest] = processes;
  const profile = processes.map(({ name, bytes }) => `${(bytes / 1e6).toFixed(0).padStart(8)} MB  ${name}`);
  say(`captured and proven in ${seconds.toFixed(0)} s`);
  return [
    absolute(
      { what: `largest process with 3 GiB (${largest!.name})`, unit: 'MB', ours: largest!.bytes / 1e6, profile },
      { kind: 'at-most', value: MOST_MEMORY_MB },
    ),
    absolute(
      { what: 'disk in TMPDIR with 3 GiB', unit: 'MB', ours: seen!.disk() / 1e6 },
      { kind: 'at-most', value: SCRATCH_BYTES / 1e6 },
    ),
  ];
}

function writeRandom(path: string, bytes: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const block = Buffer.alloc(4 * 1024 ** 2);
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += block.length) writeSync(file, randomFillSync(block));
  closeSync(file);
}
