import { backup, capturesOf, typical } from './capture.ts';
import { secondsOf, spanNamed } from './history.ts';
import { againstBare, againstOld, median, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

/** Capture of a volume, from the command to its end, against the bare pipe and the old procedure's tar. */
export async function volumeBench(stage: Stage): Promise<Row[]> {
  const { folder } = await stage.volume();
  const suite = await stage.volumeSuite();
  const tar = (more: string) => `tar --create ${more} --directory="$VOLUME" .`;
  const environment = { PATH: process.env.PATH, VOLUME: folder };
  const bareScript = `${tar('')} | zstd -q -T0 -3`;
  const seconds = { bare: [] as number[], old: [] as number[] };
  const executions: string[] = [];
  await stage.pipe(bareScript, environment); // the files are in memory from here on
  for (let round = 1; round <= stage.rounds; round++) {
    say(`volume, round ${round} of ${stage.rounds}`);
    seconds.bare.push(await stage.pipe(bareScript, environment));
    executions.push(await backup(suite));
    seconds.old.push(await stage.pipe(tar('--gzip'), environment));
  }
  const [bare, old] = [median(seconds.bare), median(seconds.old)];
  const captures = await capturesOf(suite, executions);
  const ours = typical(captures, ({ states }) => secondsOf(spanNamed(states, 'Capture the volume')));
  const measured = { what: 'volume capture', unit: 's', ours: ours.seconds, bare, old, profile: ours.profile } as const;
  return [againstBare(measured, 1.25), againstOld(measured, 5)];
}
