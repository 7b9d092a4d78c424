import { backup, capturesOf } from './capture.ts';
import { secondsOf, statesOf, withEngine } from './history.ts';
import { absolute, median, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

const MOST_SECONDS = 6;

/** Backup and proof of a suite with one small table: what the engine costs whatever the size. */
export async function engineBench(stage: Stage): Promise<Row[]> {
  const postgres = await stage.host.postgres('tiny', { databases: ['tiny'] });
  await postgres.sql('tiny', 'create table notes (id int primary key, said text); insert into notes values (1, $$hello$$)');
  const databases = [{ name: 'tiny', container: postgres.container, database: 'tiny' }];
  const suite = await stage.suite('tiny', { databases });
  await backup(suite); // synthesizes
  const seconds: number[] = [];
  const executions: string[] = [];
  for (let round = 1; round <= stage.rounds; round++) {
    say(`the engine's own cost, round ${round} of ${stage.rounds}`);
    const began = performance.now();
    executions.push(await backup(suite));
    seconds.push((performance.now() - began) / 1000);
  }
  const last = executions.at(-1)!;
  const [capture] = await capturesOf(suite, [last]);
  const states = await withEngine(suite.home, (engine) => statesOf(engine, last));
  const prove = states.find(({ name }) => name === 'Prove the recovery point')!;
  const profile = [...capture!.profile, `${secondsOf(prove).toFixed(2).padStart(8)} s  ${prove.name}`];
  const measured = { what: 'backup and proof of a tiny suite', unit: 's', ours: median(seconds), profile } as const;
  return [absolute(measured, { kind: 'at-most', value: MOST_SECONDS })];
}
