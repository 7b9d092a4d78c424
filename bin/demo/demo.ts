/**
 * `npm run demo`: a suite of its own is backed up and proven, every step live; the next dump's session is terminated half way, and the run
 * must be refused and reported; then a table is dropped, uploads are deleted, and everything is brought back. Exit code 1 if anything did not hold, 2 if there is nothing to run it on.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFiles } from './files.ts';
import { NoStage } from './local-stage.ts';
import { openStage, type Stage } from './stage.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(PROJECT, '.demo');
const HOME = join(FOLDER, 'home');
const DATABASE = 'plant';
const SUITE = 'demo-plant';

interface Answer {
  readonly exitCode: number;
  readonly outcome?: string;
  readonly error: { name: string; message: string } | null;
  readonly point: {
    id: string;
    state: string;
    restorable: boolean;
    bytes: number;
    lastProof: { restoreSeconds: number } | null;
  } | null;
  readonly points?: readonly { id: string; restorable: boolean; state: string }[];
  readonly sources?: readonly { source: string; state: string }[];
  readonly seconds?: number;
  readonly proofs?: readonly { checks: readonly { kind: string; ok: boolean; actual: unknown }[] }[];
}

const held: { promise: string; holds: boolean; seen: string }[] = [];

function title(text: string): void {
  process.stderr.write(`\n── ${text} ${'─'.repeat(Math.max(0, 100 - text.length))}\n`);
}

function hold(promise: string, holds: boolean, seen: string): void {
  held.push({ promise, holds, seen });
}

/** The operator's command as anybody would call it; its progress goes straight to the terminal. */
async function suiteBackup(stage: Stage, verb: string, ...words: string[]): Promise<Answer> {
  const place = ['--local', '--suite', join(FOLDER, 'suite.json'), '--home', HOME, '--host', stage.host, '--json'];
  const child = spawn(process.execPath, [join(PROJECT, 'bin', 'suite-backup.mjs'), verb, ...words, ...place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(Buffer.concat(output).toString()) as Answer;
}

async function writeSuite(stage: Stage, config: string): Promise<void> {
  const { container, volume } = stage;
  const suite = {
    name: SUITE,
    sources: {
      databases: [{ name: DATABASE, container, database: DATABASE, user: 'postgres' }],
      volumes: [{ name: 'uploads', volume }],
      paths: ['exports', 'networks'].map((name) => ({ name, container, path: `/app/${name}` })),
      files: [{ name: 'environment', directory: config, include: ['.env.production', 'infra/*.yml'] }],
    },
    secretsKeptIn: ['the vault of the demo: there are no secrets in it'],
    verification: {
      checks: [
        { name: 'people', database: DATABASE, sql: 'select count(*) from person', expect: { min: 1 } },
        { name: 'schema versions', database: DATABASE, sql: 'select count(*) from schema_version', expect: { equals: 2 } },
      ],
      crossChecks: [
        {
          name: 'attachments',
          database: DATABASE,
          sql: "select regexp_replace(file_uri, '^/uploads/', '') from attachment",
          source: 'uploads',
        },
      ],
    },
  };
  await writeFile(join(FOLDER, 'suite.json'), `${JSON.stringify(suite, null, 2)}\n`);
}

/**
 * Ends the session of pg_dump while it copies the largest table: what a restart of the server or a killed connection does. The server itself looks
 * out for it, a thousand times a second: asked from outside it came too late on a fast machine, where the copy takes less than 100 ms.
 */
async function terminateDump(stage: Stage): Promise<boolean> {
  const terminate = `
    do $$
    declare ended int := 0; until timestamptz := clock_timestamp() + interval '60 s';
    begin
      while ended = 0 and clock_timestamp() < until loop
        perform pg_sleep(0.001), pg_stat_clear_snapshot();
        select count(pg_terminate_backend(pid)) into ended from pg_stat_activity
          where application_name = 'pg_dump' and state = 'active' and query like 'COPY public.measurement%';
      end loop;
      perform set_config('demo.ended', ended::text, false);
    end $$;
    select current_setting('demo.ended');`;
  return Number(await stage.sql('postgres', terminate)) > 0;
}

async function outbox(): Promise<string[]> {
  const folder = join(HOME, 'outbox');
  return existsSync(folder) ? (await readdir(folder)).sort().map((name) => join(folder, name)) : [];
}

async function story(stage: Stage): Promise<void> {
  title('A daily backup, and its proof');
  const backup = await suiteBackup(stage, 'backup');
  const shown = await suiteBackup(stage, 'show', 'latest');
  const checks = shown.proofs?.[0]?.checks ?? [];
  const size = `${((backup.point?.bytes ?? 0) / 1e6).toFixed(1)} MB`;
  hold('the backup is proven', backup.outcome === 'proven', `${backup.point?.id}, ${size}`);
  hold('every check of its proof passed', checks.length > 0 && checks.every(({ ok }) => ok), `${checks.length} checks`);
  const tables = checks.filter(({ kind }) => kind === 'table').length;
  hold(
    'every table was compared row by row',
    tables >= 30,
    `${tables} tables, restored in ${backup.point?.lastProof?.restoreSeconds.toFixed(1)} s`,
  );
  const [attachments] = checks.filter(({ kind }) => kind === 'cross');
  hold(
    'every file that a row refers to is in it',
    attachments?.ok === true,
    `${(attachments?.actual as { paths: number } | undefined)?.paths} paths of attachments looked for`,
  );

  title('The next dump: its session is terminated half way');
  const alertsBefore = (await outbox()).length;
  const killed = terminateDump(stage);
  const broken = await suiteBackup(stage, 'backup');
  hold('the session was really terminated', await killed, 'pg_terminate_backend while it copied');
  hold(
    'the run is refused, by name',
    broken.exitCode === 3 && broken.error?.name === 'DumpFailed',
    `exit ${broken.exitCode} ${broken.error?.name}`,
  );
  const { points = [] } = await suiteBackup(stage, 'list');
  hold(
    'no half point can be restored',
    points.every(({ restorable, state }) => restorable === (state === 'proven')),
    `${points.length} points listed`,
  );
  hold(
    'the good point is still there',
    points.some(({ id, restorable }) => id === backup.point?.id && restorable),
    backup.point?.id ?? 'none',
  );
  const alerts = await outbox();
  hold(
    'the operators were told, once',
    alerts.length === alertsBefore + 1,
    alerts.length ? relative(PROJECT, alerts.at(-1)!) : 'no alert',
  );
  if (alerts.length > 0) {
    const { subject, message } = JSON.parse(await readFile(alerts.at(-1)!, 'utf8')) as { subject: string; message: string };
    process.stderr.write(`\n  ${subject}\n  ${message.split('\n').join('\n  ')}\n`);
  }
}

/** What an operator meets at 3 a.m.: what is affected, bring it back, is it the same again? */
async function mishap(stage: Stage): Promise<void> {
  title('A mishap: a table is dropped, uploads are deleted');
  await stage.sql(DATABASE, 'drop table sizing cascade');
  await stage.deleteUploads(Array.from({ length: 20 }, (_, n) => String(n + 1)));
  const seen = await suiteBackup(stage, 'assess', 'latest-proven');
  const affected = (seen.sources ?? []).filter(({ state }) => state !== 'present').map(({ source }) => source);
  hold('what is affected is told', affected.join() === `${DATABASE},uploads`, affected.join(', '));

  title('Everything is brought back from the good point');
  const words = ['latest-proven', '--mode', 'full', '--no-safety-point', '--confirm', SUITE];
  const restored = await suiteBackup(stage, 'restore', ...words);
  hold(
    'the suite is restored',
    restored.outcome === 'restored',
    restored.error?.message ?? `in ${restored.seconds?.toFixed(1)} s, the old data kept beside it`,
  );
  const again = await suiteBackup(stage, 'assess', 'latest-proven');
  hold(
    'rows and files are identical again',
    again.exitCode === 0,
    `${again.sources?.length} sources compared, row by row and file by file`,
  );
}

function report(stage: Stage, seconds: number): boolean {
  title('What was promised, and what was seen');
  for (const { promise, holds, seen } of held) process.stdout.write(`${holds ? '✓' : '✗'} ${promise.padEnd(42)} ${seen}\n`);
  const places = { 'suite file': 'suite.json', vault: 'home/s3', 'synthesized stacks': 'home/cdk.out', alerts: 'home/outbox' };
  process.stdout.write(`\non ${stage.description}, ${seconds.toFixed(0)} s\n`);
  for (const [what, where] of Object.entries(places))
    process.stdout.write(`${what.padEnd(20)} ${relative(PROJECT, join(FOLDER, where))}\n`);
  process.stdout.write(
    '\nlook around:  npx suite-backup list --local --suite .demo/suite.json --home .demo/home --host ' +
      `${stage.host === 'docker' ? 'docker' : relative(PROJECT, stage.host)}\n`,
  );
  return held.every(({ holds }) => holds);
}

const started = Date.now();
let stage: Stage | undefined;
try {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  title('A suite: 30 tables, 350,000 rows, uploads, exports, networks, configuration');
  const trees = await writeFiles(FOLDER);
  stage = await openStage(FOLDER, trees, (line) => process.stderr.write(`${line}\n`));
  process.stderr.write(`on ${stage.description}\n`);
  await stage.sql('postgres', `create database ${DATABASE}`);
  await stage.sql(DATABASE, await readFile(new URL('plant.sql', import.meta.url), 'utf8'));
  await writeSuite(stage, trees.config);
  await story(stage);
  await mishap(stage);
  process.exitCode = report(stage, (Date.now() - started) / 1000) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof NoStage ? 2 : 1;
} finally {
  await stage?.remove();
}
