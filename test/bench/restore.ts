import { join } from 'node:path';
import type { Container } from '../support/test-host.ts';
import { backup } from './capture.ts';
import { secondsOf, spanNamed, statesOf, withEngine } from './history.ts';
import { againstBare, againstPlan, median, type Row, say } from './report.ts';
import { DATABASE, type Stage } from './stage.ts';

const BARE_DATABASE = 'bare';

/** A database against the bare pipe into an empty one; and the whole suite, from the command to the running application, against its plan. */
export async function restoreBench(stage: Stage): Promise<Row[]> {
  const postgres = await stage.postgres();
  const application = await stage.host.container('application', { files: { 'app/state': 'runs' } });
  const suite = await stage.suite(
    'restore',
    {
      databases: [{ name: DATABASE, container: postgres.container, database: DATABASE }],
      volumes: [{ name: 'uploads', volume: (await stage.volume()).name }],
    },
    { writers: [application.container] },
  );
  await backup(suite);
  const environment = await stage.clientEnvironment();
  const dump = join(stage.host.workspace, 'bare.dump');
  await stage.pipe(`pg_dump -Fc -Z0 | zstd -q -T0 -3 -f -o '${dump}'; echo`, environment);
  const bare: number[] = [];
  const restores: { executionArn: string; seconds: number; planned: number }[] = [];
  // One more: the first is planned from the proof of the point, those after it from a restore of the same data.
  for (let round = 0; round <= stage.rounds; round++) {
    say(`restore, ${round === 0 ? 'for the history' : `round ${round} of ${stage.rounds}`}`);
    restores.push(await restoreWhole(suite, application));
    await postgres.sql('postgres', `drop database if exists ${BARE_DATABASE}`);
    await postgres.sql('postgres', `create database ${BARE_DATABASE}`);
    bare.push(await stage.pipe(`zstd -qdc '${dump}' | pg_restore --dbname=${BARE_DATABASE}`, environment));
  }
  await postgres.sql('postgres', `drop database ${BARE_DATABASE}`);
  const counted = restores.slice(1);
  const states = await withEngine(suite.home, (engine) =>
    Promise.all(counted.map(({ executionArn }) => statesOf(engine, executionArn))),
  );
  const database = states.map((own) => secondsOf(spanNamed(own, 'Restore the database beside the old')));
  const profile = states[0]!
    .filter(({ from, to }) => to > from)
    .map((span) => `${secondsOf(span).toFixed(2).padStart(8)} s  ${span.name}`);
  const whole = { what: 'whole suite, command to running application', unit: 's', profile } as const;
  const [seconds, planned] = [median(counted.map((one) => one.seconds)), median(counted.map((one) => one.planned))];
  return [
    againstBare({ what: 'restore of a database', unit: 's', ours: median(database), bare: median(bare.slice(1)), profile }, 1.2),
    againstPlan({ ...whole, ours: seconds }, planned, 1.5),
  ];
}

/** Restores everything, and forgets the old so that the next round has its space. @throws Error when it does not end well */
async function restoreWhole(suite: Awaited<ReturnType<Stage['suite']>>, application: Container) {
  const began = performance.now();
  const words = ['latest', '--mode', 'full', '--no-safety-point', '--confirm', suite.name];
  const { exitCode, json, stderr } = await suite.run('restore', ...words);
  const seconds = (performance.now() - began) / 1000;
  if (exitCode !== 0 || json.executionArn === null) throw new Error(`The restore ended with ${exitCode}:\n${stderr}`);
  if (!(await suite.run('restore', 'latest', '--mode', 'full', '--dry-run')).json.plan!.writers.every(({ running }) => running)) {
    throw new Error(`${application.container} does not run after the restore.`);
  }
  const forgotten = await suite.run('restore', '--forget');
  if (forgotten.exitCode !== 0) throw new Error(forgotten.stderr);
  return { executionArn: json.executionArn, seconds, planned: json.plan!.etaSeconds! };
}
