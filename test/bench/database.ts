import { backup, capturesOf, typical } from './capture.ts';
import { type Footprint, watchProcesses } from './footprint.ts';
import { secondsOf } from './history.ts';
import { absolute, againstBare, againstOld, median, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

const BARE = 'pg_dump -Fc -Z0 | zstd -q -T0 -3';
const OLD = 'pg_dump -Fc';
/** Beside what a bare pipe needs. */
const MOST_MEMORY_MB = 256;
/** Streams only; lists, logs and fingerprints are text. */
const MOST_DISK_SHARE = 0.01;

/** Capture of a database from the plan to the seal, against the bare pipe and the old procedure's pg_dump. */
export async function databaseBench(stage: Stage): Promise<Row[]> {
  const environment = await stage.clientEnvironment();
  const [count, hash] = [await stage.databaseSuite('count'), await stage.databaseSuite('hash')];
  const seconds = { bare: [] as number[], old: [] as number[] };
  const executions = { count: [] as string[], hash: [] as string[] };
  await stage.pipe(BARE, environment); // the pages are in memory from here on
  for (let round = 1; round <= stage.rounds; round++) {
    say(`database, round ${round} of ${stage.rounds}`);
    seconds.bare.push(await stage.pipe(BARE, environment));
    executions.count.push(await backup(count));
    seconds.old.push(await stage.pipe(OLD, environment));
    executions.hash.push(await backup(hash));
  }
  const [bare, old] = [median(seconds.bare), median(seconds.old)];
  const counted = typical(await capturesOf(count, executions.count), ({ whole }) => secondsOf(whole));
  const hashed = typical(await capturesOf(hash, executions.hash), ({ whole }) => secondsOf(whole));
  const what = (fingerprint: string) => `database capture, fingerprint '${fingerprint}'`;
  return [
    againstBare({ what: what('count'), unit: 's', ours: counted.seconds, bare, old, profile: counted.profile }, 1.25),
    againstOld({ what: what('count'), unit: 's', ours: counted.seconds, bare, old, profile: counted.profile }, 2),
    againstBare({ what: what('hash'), unit: 's', ours: hashed.seconds, bare, old, profile: hashed.profile }, 1.6),
    ...(await footprintRows(stage)),
  ];
}

/** Memory and disk, in a run of their own: looking at every process ten times a second costs time. */
async function footprintRows(stage: Stage): Promise<Row[]> {
  say('database, memory and disk');
  const suite = await stage.databaseSuite('count');
  const temporary = stage.host.environment.TMPDIR!;
  let bare: Footprint | undefined;
  let ours: Footprint | undefined;
  const into = (keep: (footprint: Footprint) => void) => (pid: number) => {
    const watch = watchProcesses(pid, temporary);
    return () => keep(watch.stop());
  };
  await stage.pipe(
    BARE,
    await stage.clientEnvironment(),
    into((seen) => {
      bare = seen;
    }),
  );
  const execution = await backup(
    suite,
    into((seen) => {
      ours = seen;
    }),
  );
  const [capture] = await capturesOf(suite, [execution]);
  const { from, to } = capture!.whole;
  const host = ours!.hostMemory(from, to) / 1e6;
  const pipe = bare!.memory() / 1e6;
  const [largest] = ours!.largest(from, to);
  const list = ours!.largest(from, to).map(({ name, bytes }) => `${(bytes / 1e6).toFixed(0).padStart(8)} MB  ${name}`);
  const most = { kind: 'at-most', value: MOST_MEMORY_MB } as const;
  return [
    absolute({ what: "memory of the host's processes over the bare pipe's", unit: 'MB', ours: host - pipe, profile: list }, most),
    absolute(
      { what: `largest process while capturing (${largest!.name})`, unit: 'MB', ours: largest!.bytes / 1e6, profile: list },
      most,
    ),
    absolute(
      { what: 'disk in TMPDIR while capturing the database', unit: 'MB', ours: ours!.disk(from, to) / 1e6 },
      { kind: 'at-most', value: Math.max(1, (MOST_DISK_SHARE * stage.size) / 1e6) },
    ),
  ];
}
