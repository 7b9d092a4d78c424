import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadOperator, loadOperatorSources, type Operator } from './launch/bundle-operator.ts';
import { homeOf } from './launch/home.ts';
import { interruption } from './launch/interruption.ts';
import { hasSources, PROJECT } from './launch/sources.ts';

// Dumps, roles with their verifiers and environment files will lie in the home: nobody else may read them.
process.umask(0o077);

const argv = process.argv.slice(2);
// npx, unlike npm run, leaves the working directory alone: it is the caller's.
const cwd = process.cwd();
const signal = interruption();

// Who pipes the answer to `head` may stop reading; that is no error of ours.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
  const operator = await chooseOperator();
  const exitCode = await operator.main({
    argv,
    version,
    signal,
    stdout: { write: (text) => process.stdout.write(text), color: colored(process.stdout) },
    stderr: {
      write: (text) => process.stderr.write(text),
      isTTY: process.stderr.isTTY === true,
      columns: () => process.stderr.columns || 80,
      color: colored(process.stderr),
    },
    openLocal: async (options, help) => {
      const { openEngine } = await import('./launch/open-engine.ts');
      return openEngine(options, cwd, signal, help);
    },
  });
  await drained(process.stdout);
  await drained(process.stderr);
  process.exit(exitCode);
} catch (error) {
  // Only what goes wrong before the operator's command can speak for itself comes here.
  const { name, message } = error as Error;
  const document = {
    schema: 'suite-backup.usage.v1',
    suite: null,
    ok: false,
    exitCode: 2,
    error: { name, message, hint: '', problems: [] },
  };
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else process.stderr.write(`${name}: ${message}\n`);
  process.exitCode = 2;
}

/** The bundle lies with the engine's other artifacts; help needs none of them and must not make a folder. */
async function chooseOperator(): Promise<Operator> {
  const { values, positionals } = parseArgs({
    args: argv,
    strict: false,
    options: {
      home: { type: 'string' },
      local: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'V' },
    },
  });
  const asksOnly = values.help === true || values.version === true || positionals.length === 0 || positionals[0] === 'help';
  if (asksOnly && hasSources()) return loadOperatorSources();
  const home = typeof values.home === 'string' ? values.home : undefined;
  const isLocal = values.local === true || positionals.includes('local');
  if (!isLocal) return loadOperator(join(PROJECT, '.suite-backup'));
  return loadOperator(homeOf(home, cwd));
}

function colored(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.hasColors() && process.env.NO_COLOR === undefined;
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
