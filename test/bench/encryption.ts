import type { Suite } from '../support/cli.ts';
import { modeOn, putKeys } from '../support/encrypted-suite.ts';
import { type ModeName, modesHere } from '../support/encryption-modes.ts';
import { backup, capturesOf, typical } from './capture.ts';
import { type Footprint, watchProcesses } from './footprint.ts';
import { secondsOf, spanNamed } from './history.ts';
import { absolute, againstBare, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

/** Times what the same capture takes in clear. gpg hashes with SHA-1 and encrypts in one thread: it is the pipe's slowest part. */
const MOST: Record<ModeName, number> = { age: 1.25, openssl: 1.25, gpg: 2, 'gpg-symmetric': 2 };
const MOST_MEMORY_MB = 64;
const MOST_DISK_MB = 1;

/** Capture of the volume with each way to encrypt, against the same capture in clear; memory and disk with the first of them. */
export async function encryptionBench(stage: Stage): Promise<Row[]> {
  const clear = await stage.volumeSuite();
  const sources = { volumes: [{ name: 'uploads', volume: (await stage.volume()).name }] };
  const suites = new Map<ModeName, Suite>();
  for (const name of modesHere().filter((mode) => mode !== 'gpg-symmetric')) {
    const mode = await modeOn(stage.host, name);
    const suite = await stage.suite(name, sources, { encryption: mode.suite });
    await putKeys(suite, mode);
    suites.set(name, suite);
  }
  await backup(clear); // the files are in memory from here on
  const executions = new Map<Suite, string[]>([clear, ...suites.values()].map((suite) => [suite, []]));
  for (let round = 1; round <= stage.rounds; round++) {
    say(`encryption, round ${round} of ${stage.rounds}`);
    for (const [suite, done] of executions) done.push(await backup(suite));
  }
  const measured = async (suite: Suite) =>
    typical(await capturesOf(suite, executions.get(suite)!), ({ states }) => secondsOf(spanNamed(states, 'Capture the volume')));
  const { seconds: bare } = await measured(clear);
  const rows: Row[] = [];
  for (const [name, suite] of suites) {
    const { seconds: ours, profile } = await measured(suite);
    rows.push(againstBare({ what: `volume capture, ${name} (bare: in clear)`, unit: 's', ours, bare, profile }, MOST[name]));
  }
  return [...rows, ...(await footprintRows(stage, clear, suites))];
}

async function footprintRows(stage: Stage, clear: Suite, suites: ReadonlyMap<ModeName, Suite>): Promise<Row[]> {
  const [[name, suite] = [undefined, undefined]] = suites;
  if (!suite) return [];
  say(`encryption with ${name}, memory and disk`);
  const [plain, ours] = [await footprint(stage, clear), await footprint(stage, suite)];
  const more = (ours.memory - plain.memory) / 1e6;
  const what = `memory of the host's processes with ${name}, over those in clear`;
  return [
    absolute({ what, unit: 'MB', ours: more }, { kind: 'at-most', value: MOST_MEMORY_MB }),
    absolute(
      { what: `disk in TMPDIR with ${name}, over that in clear`, unit: 'MB', ours: (ours.disk - plain.disk) / 1e6 },
      { kind: 'at-most', value: MOST_DISK_MB },
    ),
  ];
}

async function footprint(stage: Stage, suite: Suite): Promise<{ memory: number; disk: number }> {
  let seen: Footprint | undefined;
  const execution = await backup(suite, (pid) => {
    const watch = watchProcesses(pid, stage.host.environment.TMPDIR!);
    return () => {
      seen = watch.stop();
    };
  });
  const [capture] = await capturesOf(suite, [execution]);
  const { from, to } = capture!.whole;
  return { memory: seen!.hostMemory(from, to), disk: seen!.disk(from, to) };
}
