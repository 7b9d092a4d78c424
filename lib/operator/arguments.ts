import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { THAW_TIERS } from '../../functions/contract/archive.ts';
import { isoSeconds } from '../../functions/contract/ids.ts';
import { READ_FROM } from '../../functions/contract/replica.ts';
import { RESTORE_MODES } from '../../functions/contract/restore.ts';
import { TIERS } from '../../functions/contract/tiers.ts';
import { OperatorError } from './operator-error.ts';
import type { Request, RestoreArguments } from './verb.ts';

export const VERB_NAMES = [
  'backup',
  'list',
  'show',
  'verify',
  'restore',
  'assess',
  'keep',
  'unkeep',
  'prune',
  'put-key',
  'status',
  'local',
] as const;
export type VerbName = (typeof VERB_NAMES)[number];

/** Flags that every verb has. */
export interface Common {
  local: boolean;
  json: boolean;
  quiet: boolean;
  /** Local only: suite file, folder of the embedded engine, where the Docker host is. */
  suite?: string;
  home?: string;
  host?: string;
  /** AWS: the workflow stack. */
  stack?: string;
  region?: string;
}

export type Parsed = { verb: VerbName; common: Common; request: Request } | { help: string };

/** Each takes two reads; ten years of days would take a minute. */
const MOST_LISTED = 500;
const ID = 'id of a recovery point, or latest, or latest-proven';

/**
 * What a command line asks for; help and version come back as text.
 * @throws OperatorError UsageInvalid
 */
export function parseArguments(argv: readonly string[], version: string): Parsed {
  let parsed: Parsed | undefined;
  let written = '';
  const program = makeProgram(version, (verb, common, request) => {
    parsed = { verb, common, request };
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        written += text;
      },
      writeErr: () => {},
    });
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help: written };
    // Without a verb commander wants to write its help to stderr; a person who typed nothing wants to read it too.
    if (error.code === 'commander.help')
      throw new OperatorError('UsageInvalid', `No verb given; there are ${VERB_NAMES.join(', ')}.`);
    throw new OperatorError('UsageInvalid', error.message.replace(/^error: /, ''));
  }
  if (parsed === undefined) throw new OperatorError('UsageInvalid', `No verb given; there are ${VERB_NAMES.join(', ')}.`);
  if ('common' in parsed) refuseContradictions(parsed.common, parsed.verb);
  return parsed;
}

function makeProgram(version: string, chosen: (verb: VerbName, common: Common, request: Request) => void): Command {
  const program = new Command('suite-backup')
    .description('Recovery points of an application suite: made, proven by restoring them, listed.')
    .version(version)
    .option('--local', 'run on this machine with the embedded engine, without AWS', false)
    .option('--suite <file>', 'local: the suite file (default: bin/suite.ts of the project)')
    .option('--home <dir>', 'local: folder of the engine and its vault (default: .suite-backup)')
    .option('--host <docker|file>', 'local: the Docker engine, or a host file (default: <home>/host.json, else docker)')
    .option('--stack <name>', 'AWS: the workflow stack (default: the only one in the region)')
    .option('--region <name>', 'AWS region (default: that of the environment)')
    .option('--json', 'print one JSON document on stdout and nothing else', false)
    .option('--quiet', 'no progress on stderr', false)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 failed, 2 usage, 3 incomplete, 4 not found, 5 not proven, 6 locked, 7 refused, 130 interrupted',
    );

  const verb = (name: VerbName, summary: string, examples: readonly string[]): Command => {
    const command = program.command(name).description(summary).allowExcessArguments(false);
    command.configureHelp({ showGlobalOptions: true });
    return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  suite-backup ${example}`).join('\n')}`);
  };
  const common = () => program.opts<Common>();

  verb('backup', 'make a recovery point and prove it by restoring it', [
    'backup --local --suite bin/suite.ts',
    'backup --tier monthly --label "before the 4.2 upgrade"',
    'backup --trigger deploy --label "before 4.2" --wait --json',
  ])
    .addOption(new Option('--tier <tier>', 'how long it stays').choices(TIERS).default('daily'))
    .option('--label <text>', 'a note that is kept with the point')
    .addOption(new Option('--trigger <trigger>', 'why it is made').choices(['manual', 'deploy']).default('manual'))
    .option('--wait', 'while another run holds the lock, wait for its end instead of ending with 6')
    .option('--scheduled-for <time>', 'the scheduled time it stands for; a second run for the same time does nothing', parseTime)
    .action((options: Request) => chosen('backup', common(), options));

  verb('list', 'recovery points in every state, newest first', ['list --local', 'list --limit 10', 'list --json'])
    .option('--limit <n>', 'only the newest n', parseLimit, MOST_LISTED)
    .action((options: Request) => chosen('list', common(), options));

  verb('show', 'one recovery point: its objects, its proofs, why it failed', [
    'show latest',
    'show 20261123T020000Z --json',
    'show latest --checksums',
    'show latest-proven --verify-signature',
  ])
    .argument('<id>', ID)
    .option('--checksums', 'print what sha256sum --check reads: the hash and key of every stored object')
    .option(
      '--verify-signature',
      'check here that its manifest and its proofs are what was signed with the key of the vault; 5 when one is not',
    )
    .action((id: string, options: Request) => chosen('show', common(), { ...options, id }));

  verb('verify', 'prove a stored point again by restoring it', [
    'verify latest --local',
    'verify 20261123T020000Z --accept-anomaly "old uploads were archived in October"',
  ])
    .argument('<id>', ID)
    .addOption(fromOption())
    .option('--accept-anomaly <why>', 'a source shrank and that is right; your name and the reason are kept in the proof')
    .action((id: string, options: Request) => chosen('verify', common(), { ...options, id }));

  addRestore(
    verb('restore', 'bring back the suite, a database, tables, files or the configuration; every way can be undone', [
      'restore latest-proven --mode full --dry-run',
      'restore latest --mode database --confirm my-suite',
      'restore 20261123T020000Z --mode tables --table public.users',
      "restore latest --mode files --source uploads --path '2026/**' --to /tmp/look",
      'restore --undo',
      'restore --forget',
    ]),
  ).action((id: string | undefined, options: RestoreArguments) => {
    refuseRestore(id, options);
    chosen('restore', common(), { ...(id === undefined ? {} : { id }), restore: options });
  });

  verb('assess', 'which sources are missing, empty or different from a recovery point', [
    'assess',
    'assess 20261123T020000Z --json',
  ])
    .argument('[id]', ID, 'latest-proven')
    .action((id: string) => chosen('assess', common(), { id }));

  verb('keep', 'hold a recovery point until unkeep is said, however old it gets', ['keep latest-proven --why "before the audit"'])
    .argument('<id>', ID)
    .option('--why <text>', 'a reason that is kept with it')
    .action((id: string, options: Request) => chosen('keep', common(), { ...options, id }));

  verb('unkeep', 'let a kept point go in its own time again; at once, when that is over', [
    'unkeep 20261123T020000Z --confirm my-suite',
  ])
    .argument('<id>', ID)
    .option('--why <text>', 'a reason that is kept with it')
    .option('--confirm <suite>', 'the name of the suite')
    .action((id: string, options: Request) => chosen('unkeep', common(), { ...options, id }));

  verb('prune', 'what goes when, and why, day by day; with ids: give points up before their time', [
    'prune --dry-run',
    'prune 20261123T020000Z --confirm my-suite --why "it holds data that must be gone"',
  ])
    .argument('[id...]', 'ids of recovery points to give up; the newest proven ones never are')
    .option('--dry-run', 'show the plan and end')
    .option('--why <text>', 'a reason that is kept with it')
    .option('--confirm <suite>', 'carry it out: the name of the suite')
    .action((ids: string[], options: Request) => chosen('prune', common(), { ...options, ids }));

  verb('put-key', 'give a secret of the encryption its new value: all private keys, or all passphrases, the newest first', [
    'put-key keys.txt',
    'put-key --passphrase < passphrases.txt',
  ])
    .argument('[file]', 'the text; without a file: stdin')
    .option('--passphrase', 'the secret with the passphrases')
    .action((file: string | undefined, options: Request) => {
      chosen('put-key', common(), { ...options, ...(file === undefined ? {} : { file }) });
    });

  verb('status', 'the newest proven point, what runs, what comes next', ['status', 'status --local --json']).action(() =>
    chosen('status', common(), {}),
  );

  verb('local', 'run the embedded engine with its schedules until interrupted', ['local --suite bin/suite.ts']).action(() =>
    chosen('local', { ...common(), local: true }, {}),
  );
  return program;
}

function fromOption(): Option {
  return new Option('--from <place>', 'where the point is read; the replica, when the vault is lost').choices(READ_FROM);
}

function addRestore(command: Command): Command {
  return command
    .argument('[id]', ID)
    .addOption(new Option('--mode <mode>', 'what to bring back').choices(RESTORE_MODES))
    .option('--source <name...>', 'only these sources (default: all that the mode is about)')
    .option('--table <schema.name...>', 'mode tables: these tables, by their exact names')
    .option('--path <glob...>', 'only what matches, relative to the root of the source')
    .option('--to <dir>', 'modes files and config: write into this folder of the host instead')
    .option('--replace', 'mode tables: replace the contents of the live tables (default: side by side, in a schema of their own)')
    .option('--dry-run', 'show the plan and end')
    .option('--no-safety-point', 'do not make a recovery point of what is there before')
    .addOption(
      new Option('--thaw <tier>', 'how fast an archived point is thawed; Bulk is slower and costs less').choices(THAW_TIERS),
    )
    .addOption(fromOption())
    .option('--allow-unproven', 'restore from a point that is not proven')
    .option('--confirm <suite>', 'carry out the plan: the name of the suite')
    .option('--undo [restore]', 'put back what a restore replaced (default: the newest restore)')
    .option('--discard-new-writes', 'with --undo: lose what was written since')
    .option('--forget [restore]', 'remove what a restore kept of the old')
    .option('--resume [restore]', 'go on with a restore that was killed; needs --confirm');
}

/** @throws OperatorError UsageInvalid */
function refuseRestore(id: string | undefined, options: RestoreArguments): void {
  const refuse = (message: string) => {
    throw new OperatorError('UsageInvalid', message);
  };
  const verbs = (['undo', 'forget', 'resume'] as const).filter((name) => options[name] !== undefined);
  if (verbs.length > 1) refuse(`--${verbs.join(' and --')} mean different things.`);
  if (options.discardNewWrites && options.undo === undefined) refuse('--discard-new-writes needs --undo.');
  if (verbs.length === 1) {
    if (id !== undefined) refuse(`--${verbs[0]} takes the id of a restore, not of a recovery point.`);
    if (options.mode !== undefined) refuse(`--mode means nothing with --${verbs[0]}.`);
    return;
  }
  if (id === undefined) refuse('Name a recovery point (an id, latest or latest-proven).');
  const { mode } = options;
  if (mode === undefined) refuse(`Say what to bring back: --mode ${RESTORE_MODES.join('|')}.`);
  if (mode === 'tables' ? !options.table : options.table) refuse('--mode tables and --table belong together.');
  if (options.replace && mode !== 'tables') refuse('--replace needs --mode tables.');
  if (options.to !== undefined && mode !== 'files' && mode !== 'config') refuse('--to needs --mode files or config.');
  if (options.to !== undefined && !options.to.startsWith('/')) refuse('--to must be an absolute path of the host.');
  if (options.path && mode !== 'files' && mode !== 'config') refuse('--path needs --mode files or config.');
}

function refuseContradictions(common: Common, verb: VerbName): void {
  const foreign = common.local ? (['stack'] as const) : (['suite', 'home', 'host'] as const);
  const given = foreign.filter((flag) => common[flag] !== undefined).map((flag) => `--${flag}`);
  if (given.length === 0) return;
  const message = common.local ? `means nothing with ${verb === 'local' ? 'the verb local' : '--local'}` : 'needs --local';
  throw new OperatorError('UsageInvalid', `${given.join(', ')} ${message}.`);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1) throw new InvalidArgumentError('A whole number from 1 on is wanted.');
  return limit;
}

/** A time as manifests keep it (whole seconds, UTC): without an offset it would mean another moment on another machine. */
function parseTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time) || !/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text)) {
    throw new InvalidArgumentError('A time such as 2026-11-23T02:00:00Z is wanted.');
  }
  return isoSeconds(new Date(time));
}
