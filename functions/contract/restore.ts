import * as z from 'zod';
import { ARCHIVE_CLASSES, THAW_TIERS } from './archive.ts';
import { isId } from './ids.ts';
import { readFrom } from './replica.ts';
import { SOURCE_KINDS } from './sources.ts';

/** Everything a restore writes down about itself, below `<suite>/restores/<restore id>/`: the plan, the journal, the outcomes. */

export const RESTORE_MODES = ['full', 'database', 'tables', 'files', 'config'] as const;
export type RestoreMode = (typeof RESTORE_MODES)[number];

/** `20261123T020000Z-a1b2c3`: when the restore was planned, and a random part. */
export const RESTORE_ID_PATTERN = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

export function isRestoreId(text: string): boolean {
  return RESTORE_ID_PATTERN.test(text) && isId(text.slice(0, 16));
}

export const restoreOptions = z.object({
  mode: z.enum(RESTORE_MODES),
  /** Names of sources; empty: all that the mode is about. */
  sources: z.array(z.string()),
  /** `schema.name` as typed. */
  tables: z.array(z.string()),
  /** Patterns relative to a source's root. */
  paths: z.array(z.string()),
  /** Folder on the host to write to instead of the sources' own places. */
  to: z.string().nullable(),
  replace: z.boolean(),
  allowUnproven: z.boolean(),
  safetyPoint: z.boolean(),
  /** How fast an archived point is thawed; plans of earlier versions do not say it. */
  thawTier: z.enum(THAW_TIERS).default('Standard'),
  /** Where the point is read; the same. */
  from: readFrom,
});
export type RestoreOptions = z.infer<typeof restoreOptions>;

export const restoreRequest = restoreOptions.extend({
  /** Id of a recovery point, `latest` or `latest-proven`. */
  id: z.string(),
  requestedBy: z.string().max(200),
});
export type RestoreRequest = z.infer<typeof restoreRequest>;

/** What an item restores: a kind of source, or chosen tables of a database. */
export const ITEM_KINDS = [...SOURCE_KINDS, 'tables'] as const;

const warning = z.object({ name: z.string(), message: z.string() });
/** `value`: the name in the error table that the problem stands for. */
const problem = z.object({ path: z.string(), value: z.string(), message: z.string() });
export type PlanProblem = z.infer<typeof problem>;

const diffFile = z.object({
  name: z.string(),
  state: z.enum(['same', 'changed', 'missing', 'new']),
  diff: z.array(z.string()),
});

export const planItem = z.object({
  /** `00`, `01`… in the order of work. */
  item: z.string().regex(/^\d\d$/),
  kind: z.enum(ITEM_KINDS),
  source: z.string(),
  label: z.string(),
  /** One sentence for a person. */
  what: z.string(),
  /** What is replaced: a database, a volume, a path. */
  target: z.string(),
  /** Stored, and unpacked (an estimate where it is not known). */
  bytes: z.number().nonnegative(),
  rawBytes: z.number().nonnegative(),
  freeBytes: z.number().nonnegative().nullable(),
  needBytes: z.number().nonnegative(),
  exists: z.boolean(),
  /** What the old is called afterwards; null when nothing is replaced. */
  previous: z.string().nullable(),
  /** Files that are newer than the point; null where that is not asked. */
  newer: z.number().int().nonnegative().nullable(),
  diff: z.array(diffFile).nullable(),
  warnings: z.array(warning),
  /** Is there a moment in which the new takes the old's place? Roles and `--to` have none. */
  swaps: z.boolean(),
  /** Parameters for the item's documents (encoded), chosen once so that every run of this restore gives the same. */
  host: z.record(z.string(), z.string()),
});
export type PlanItem = z.infer<typeof planItem>;

export const planWriter = z.object({ name: z.string(), container: z.string(), running: z.boolean() });
export type PlanWriter = z.infer<typeof planWriter>;

/** How one source is today against the point. One that could not be compared is `missing`, and `message` begins with the error's name. */
export const assessedSource = z.object({
  source: z.string(),
  kind: z.enum(SOURCE_KINDS),
  state: z.enum(['present', 'missing', 'empty', 'differs']),
  message: z.string(),
  tables: z.array(z.object({ name: z.string(), state: z.string(), message: z.string() })).optional(),
  files: z.object({ missing: z.number(), different: z.number(), extra: z.number(), named: z.array(z.string()) }).optional(),
});
export type AssessedSource = z.infer<typeof assessedSource>;

/** What of one archive class must be thawed before anything else happens. */
export const planThaw = z.object({
  storageClass: z.enum(ARCHIVE_CLASSES),
  objects: z.number().int().positive(),
  bytes: z.number().nonnegative(),
  /** As AWS names them for the chosen tier. */
  hours: z.object({ least: z.number(), most: z.number() }),
});
export type PlanThaw = z.infer<typeof planThaw>;

/** Containers of one compose project that a restore of the whole suite makes or starts before anything else. */
export const planMake = z.object({
  project: z.string(),
  /** Folder of the project, and its files, as compose noted them on the containers. */
  directory: z.string(),
  files: z.array(z.string()),
  environmentFiles: z.array(z.string()),
  services: z.array(z.string()),
  containers: z.array(z.string()),
  /** Those of them whose database servers are waited for. */
  servers: z.array(z.string()),
});
export type PlanMake = z.infer<typeof planMake>;

export const restorePlan = z.object({
  schema: z.literal('suite-backup.restore-plan.v1'),
  restoreId: z.string().regex(RESTORE_ID_PATTERN),
  point: z.string(),
  suite: z.string(),
  mode: z.enum(RESTORE_MODES),
  at: z.string(),
  requestedBy: z.string(),
  options: restoreOptions,
  state: z.enum(['proven', 'unproven', 'stored']),
  /** Of the point's manifest: a restore of another one than was planned is refused. */
  manifestChecksum: z.string(),
  /** Of mode full: which sources are affected. Null for other modes, and when nothing could be compared. */
  assessment: z.array(assessedSource).nullable().default(null),
  /**
   * Of mode full: what must be made before the rest can be planned. A plan that makes something is never carried out itself: once the
   * containers are there, another one is made.
   */
  makes: z.array(planMake).default([]),
  items: z.array(planItem),
  writers: z.array(planWriter),
  /** False when nothing that they write to is replaced. */
  stopsWriters: z.boolean(),
  etaSeconds: z.number().nonnegative().nullable(),
  etaFrom: z.string(),
  safetyPoint: z.boolean(),
  /** Empty: everything can be read at once. The time it takes is not in `etaSeconds`. */
  thaw: z.array(planThaw).default([]),
  problems: z.array(problem),
  warnings: z.array(warning),
});
export type RestorePlan = z.infer<typeof restorePlan>;

/** What happened to an item, in this order; `back` and `forgotten` end it. */
export const ITEM_PHASES = ['touching', 'swapping', 'swapped', 'back', 'forgotten'] as const;
/** Of the run as a whole: which writers will be stopped, and that they run again. */
export const RUN_PHASES = ['writers', 'started'] as const;

/** One line of the journal: what is about to happen is written before it does, what has happened right after. */
export const journalEntry = z.object({
  schema: z.literal('suite-backup.restore-step.v1'),
  restoreId: z.string(),
  at: z.string(),
  /** Null for the phases of the run. */
  item: z.string().nullable(),
  phase: z.enum([...ITEM_PHASES, ...RUN_PHASES]),
  /** What the document answered; for `writers` the containers that ran. */
  result: z.unknown(),
});
export type JournalEntry = z.infer<typeof journalEntry>;

export const OUTCOMES = ['restored', 'put-back', 'undone', 'forgotten'] as const;

export const restoreStep = z.object({
  item: z.string(),
  source: z.string(),
  kind: z.string(),
  state: z.enum(['waiting', 'touched', 'swapped', 'back', 'forgotten']),
  seconds: z.number().nonnegative(),
});
export type RestoreStep = z.infer<typeof restoreStep>;

/** Where the old lies: `was` is its name before, `now` its name since. */
export const restorePrevious = z.object({ source: z.string(), kind: z.string(), was: z.string(), now: z.string() });

export const restoreOutcome = z.object({
  schema: z.literal('suite-backup.restore-outcome.v1'),
  restoreId: z.string(),
  point: z.string(),
  what: z.enum(OUTCOMES),
  /** False when something could not be done; `message` says what. */
  ok: z.boolean(),
  at: z.string(),
  executionArn: z.string(),
  /** One sentence: what state things are in. */
  message: z.string(),
  steps: z.array(restoreStep),
  previous: z.array(restorePrevious),
  seconds: z.number().nonnegative(),
  safetyPoint: z.string().nullable(),
  /** What is knowingly not as the point has it. */
  warnings: z.array(warning).default([]),
});
export type RestoreOutcome = z.infer<typeof restoreOutcome>;

/** How far an item came, from the journal alone: its last phase; undefined when it was never touched. */
export function phaseOf(journal: readonly JournalEntry[], item: string): JournalEntry | undefined {
  return journal.findLast((entry) => entry.item === item);
}

const databaseSwap = z.object({
  oid: z.string(),
  old: z.string(),
  writes: z.array(z.unknown()),
  subscriptions: z.array(z.string()).default([]),
});
const NO_SWAP = { oid: '', old: '', writes: [], subscriptions: [] };

/**
 * Of a database that was about to be swapped: its number, that of the one whose place it takes (0: none), the rows written to it by
 * then, and its subscriptions, which are disabled. Empty when no item came so far, or it is no database.
 */
export function databaseSwapOf(journal: readonly JournalEntry[], item: string): z.infer<typeof databaseSwap> {
  const swapping = journal.findLast((entry) => entry.item === item && entry.phase === 'swapping');
  return databaseSwap.catch(NO_SWAP).parse(swapping?.result);
}

/** Has an item of this restore taken the place of something, and was not taken back? */
export function isInPlace(journal: readonly JournalEntry[], item: string): boolean {
  const phases = journal.filter((entry) => entry.item === item && entry.phase !== 'forgotten');
  return phases.at(-1)?.phase === 'swapped';
}

/** Containers that were stopped and not started since. */
export function stoppedWriters(journal: readonly JournalEntry[]): string[] {
  const since = journal.findLastIndex(({ phase }) => phase === 'started') + 1;
  const stopped = journal.slice(since).flatMap(({ phase, result }) => {
    return phase === 'writers' ? z.array(z.string()).catch([]).parse(result) : [];
  });
  return [...new Set(stopped)];
}
