import { type Common, type Parsed, parseArguments, VERB_NAMES, type VerbName } from './arguments.ts';
import { assess } from './assess.ts';
import { backup } from './backup.ts';
import { type Connection, commandHostOf, connect, type Target } from './connection.ts';
import { errorText } from './error-text.ts';
import { documentOf, type Frame } from './json.ts';
import { keep, unkeep } from './keep.ts';
import { list } from './list.ts';
import { local } from './local.ts';
import { OperatorError, toOperatorError } from './operator-error.ts';
import { Progress, type Terminal } from './progress.ts';
import { prune } from './prune.ts';
import { putKey } from './put-key.ts';
import { restore } from './restore.ts';
import { settledOnAws } from './settled.ts';
import { show } from './show.ts';
import { status } from './status.ts';
import type { Style } from './text.ts';
import type { Verb, Work } from './verb.ts';
import { verify } from './verify.ts';

const VERBS: Record<VerbName, Verb<object>> = {
  backup,
  list,
  show,
  verify,
  restore,
  assess,
  keep,
  unkeep,
  prune,
  'put-key': putKey,
  status,
  local,
};

const LONG: readonly VerbName[] = ['backup', 'verify', 'restore', 'assess', 'keep', 'unkeep', 'prune'];

/** The embedded engine, as the launcher opens it. */
export interface LocalEngine extends Target {
  locate(bucket: string, key: string, versionId: string): string;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
  runSchedules(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What the launcher, which knows nothing of suites, needs to open an engine. */
export interface LocalHelp {
  /** Shows a line of progress. */
  say(line: string): void;
  commandHostOf: typeof commandHostOf;
}

/** What the command is called with: the launcher owns the process, the operator the meaning. */
export interface Call {
  argv: readonly string[];
  version: string;
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  stdout: { write(text: string): void; color: boolean };
  stderr: Terminal & { color: boolean };
  /** Synthesizes and starts or joins the embedded engine. */
  openLocal(options: Pick<Common, 'suite' | 'home' | 'host' | 'region'>, help: LocalHelp): Promise<LocalEngine>;
}

/** Runs one command line and gives its exit code. Never throws: whatever happens is told in the form that was asked for. */
export async function main(call: Call): Promise<number> {
  const json = call.argv.includes('--json');
  let parsed: Parsed;
  try {
    parsed = parseArguments(call.argv, call.version);
  } catch (error) {
    const verb = VERB_NAMES.find((name) => call.argv.includes(name));
    const fields = verb === undefined ? {} : VERBS[verb].empty;
    return tell(call, json, documentOf(verb ?? 'usage', null, toOperatorError(error), fields), () => '');
  }
  if ('help' in parsed) {
    call.stdout.write(parsed.help);
    return 0;
  }
  return perform(call, parsed);
}

async function perform(call: Call, { verb: name, common, request }: Exclude<Parsed, { help: string }>): Promise<number> {
  const verb = VERBS[name];
  const progress = new Progress(common.quiet ? null : call.stderr);
  let suite: string | null = null;
  let fields = verb.empty;
  let answered = false;
  let error: OperatorError | null;
  let engine: LocalEngine | null = null;
  try {
    // The first line stands there before anything that takes long.
    if (LONG.includes(name)) progress.line(`${name}: starting`);
    engine = common.local ? await call.openLocal(common, { say: (line) => progress.line(line), commandHostOf }) : null;
    const connection = await connect(engine ?? { region: common.region, stackName: common.stack }, call.signal);
    suite = connection.stack.suite;
    const answer = await verb.run(workOf(call, connection, progress, engine), request, (more) => {
      fields = { ...fields, ...more };
    });
    ({ fields, error } = answer);
    answered = true;
  } catch (thrown) {
    error = call.signal.aborted ? new OperatorError('Interrupted', 'The command was interrupted.') : toOperatorError(thrown);
  }
  progress.end();
  const closing = await closed(engine, progress);
  error ??= closing;
  // What a verb could not find out must not read as an answer ("there is no point"): without one, only the error is told.
  const text = (style: Style) => (answered ? verb.text(fields, style, request) : '');
  return tell(call, common.json, documentOf(name, suite, error, fields), text);
}

function workOf(call: Call, connection: Connection, progress: Progress, engine: LocalEngine | null): Work {
  return {
    connection,
    progress,
    signal: call.signal,
    settled: engine === null ? (executionArn) => settledOnAws(connection, executionArn) : () => engine.idle(),
    locate: engine && ((bucket, key, versionId) => engine.locate(bucket, key, versionId)),
    runSchedules: engine && ((signal) => engine.runSchedules(signal)),
  };
}

/** Leaves the engine; where it runs in this process it first waits for the others that use it, and a person should know why. */
async function closed(engine: LocalEngine | null, progress: Progress): Promise<OperatorError | null> {
  const notice = setTimeout(() => progress.line('  waiting for the other commands that use this engine'), 2000);
  try {
    await engine?.close();
    return null;
  } catch (thrown) {
    return toOperatorError(thrown);
  } finally {
    clearTimeout(notice);
  }
}

function tell(call: Call, json: boolean, document: Frame, text: (style: Style) => string): number {
  if (json) {
    call.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return document.exitCode;
  }
  const style = (color: boolean): Style => ({ color, now: new Date() });
  const shown = text(style(call.stdout.color));
  if (shown !== '') call.stdout.write(`${shown}\n`);
  if (document.error !== null) call.stderr.write(`${errorText(style(call.stderr.color), document.error)}\n`);
  return document.exitCode;
}
