import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import preflight from '../support/preflight.ts';
import { databaseBench } from './database.ts';
import { encryptionBench } from './encryption.ts';
import { engineBench } from './engine.ts';
import { files3gbBench } from './files-3gb.ts';
import { longHistoryBench } from './long-history.ts';
import { readBackBench } from './read-back.ts';
import { type Row, table } from './report.ts';
import { restoreBench } from './restore.ts';
import { Stage } from './stage.ts';
import { synthBench } from './synth.ts';
import { volumeBench } from './volume.ts';

const SECTIONS: Record<string, (stage: Stage) => Promise<Row[]>> = {
  database: databaseBench,
  volume: volumeBench,
  encryption: encryptionBench,
  'read-back': readBackBench,
  restore: restoreBench,
  engine: engineBench,
  synth: synthBench,
  'long-history': longHistoryBench,
  'files-3gb': files3gbBench,
};
/** files-3gb writes 9 GB and needs root for its small TMPDIR, so it runs only when it is named. */
const USUAL = Object.keys(SECTIONS).filter((name) => name !== 'files-3gb');

const USAGE = `usage: npm run bench -- [--size MB] [--rounds N] [--only ${Object.keys(SECTIONS).join(',')}] [--json FILE] [--strict]
  --size    data of the database and of the volume (700)
  --rounds  how often each side is measured; the medians are compared (3)
  --only    which parts; all but files-3gb unless given
  --json    also writes the results there
  --strict  a miss makes the exit code 1`;

const options = readOptions();
const cleanUp = await preflight();
const stage = await Stage.open(options.size * 1e6, options.rounds);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
const rows: Row[] = [];
try {
  for (const name of options.sections) rows.push(...(await unlessInterrupted(SECTIONS[name]!(stage))));
} finally {
  await stage.close();
  await cleanUp?.();
}

process.stdout.write(`\n${table(rows)}`);
if (options.json !== undefined) {
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? '', memory: totalmem(), node: process.version };
  const document = { schema: 'suite-backup.bench.v1', at: new Date().toISOString(), machine, ...options, rows };
  writeFileSync(options.json, `${JSON.stringify(document, null, 2)}\n`);
}
if (options.strict && rows.some(({ ok }) => !ok)) process.exitCode = 1;

function unlessInterrupted<Answer>(work: Promise<Answer>): Promise<Answer> {
  const { signal } = interrupted;
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true })),
  ]);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        size: { type: 'string', default: '700' },
        rounds: { type: 'string', default: '3' },
        only: { type: 'string', default: USUAL.join(',') },
        json: { type: 'string' },
        strict: { type: 'boolean', default: false },
      },
    });
    const sections = values.only.split(',');
    const unknown = sections.find((name) => !(name in SECTIONS));
    if (unknown !== undefined) throw new Error(`There is no part "${unknown}".`);
    const [size, rounds] = [Number(values.size), Number(values.rounds)];
    if (!(size >= 1) || !(Number.isInteger(rounds) && rounds >= 1)) throw new Error('--size and --rounds are numbers from 1.');
    return { size, rounds, sections, json: values.json, strict: values.strict };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}
