import type { ThawTier } from '../../functions/contract/archive.ts';
import type { ReadFrom } from '../../functions/contract/replica.ts';
import type { RestoreMode } from '../../functions/contract/restore.ts';
import type { Connection } from './connection.ts';
import type { OperatorError } from './operator-error.ts';
import type { Progress } from './progress.ts';
import type { Style } from './text.ts';

/** Everything a verb works with. */
export interface Work {
  readonly connection: Connection;
  readonly progress: Progress;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Resolves when everything that cleans up after a run has come to rest. */
  settled(executionArn: string): Promise<void>;
  /** Where the bytes of an object lie; null on AWS. */
  readonly locate: ((bucket: string, key: string, versionId: string) => string) | null;
  /** Fires schedules until the signal aborts; null on AWS, where nobody needs to. */
  readonly runSchedules: ((signal: AbortSignal) => Promise<void>) | null;
}

/** What the command line asked for; a verb reads what its own arguments and flags can set. */
export interface Request {
  readonly id?: string;
  readonly ids?: string[];
  readonly why?: string;
  readonly confirm?: string;
  readonly dryRun?: true;
  readonly tier?: string;
  readonly label?: string;
  readonly trigger?: string;
  readonly scheduledFor?: string;
  readonly wait?: true;
  readonly acceptAnomaly?: string;
  readonly from?: ReadFrom;
  readonly limit?: number;
  readonly checksums?: boolean;
  readonly verifySignature?: boolean;
  readonly restore?: RestoreArguments;
  readonly file?: string;
  readonly passphrase?: true;
}

/** `true`: the newest restore. */
export type WhichRestore = string | true;

/** What `restore` was asked for, beside the point. */
export interface RestoreArguments {
  readonly mode?: RestoreMode;
  readonly source?: string[];
  readonly table?: string[];
  readonly path?: string[];
  readonly to?: string;
  readonly replace?: true;
  readonly dryRun?: true;
  /** Commander's way to say `--no-safety-point`. */
  readonly safetyPoint: boolean;
  readonly thaw?: ThawTier;
  readonly from?: ReadFrom;
  readonly allowUnproven?: true;
  readonly confirm?: string;
  readonly undo?: WhichRestore;
  readonly forget?: WhichRestore;
  readonly resume?: WhichRestore;
  readonly discardNewWrites?: true;
}

/** What a verb answers: its own keys of the document, and why it failed when it did. */
export interface Answer<Fields> {
  fields: Fields;
  error: OperatorError | null;
}

export interface Verb<Fields extends object> {
  /** The keys of the document when nothing is known, so that they stand there on every failure. */
  readonly empty: Fields;
  /** `keep` notes what is known so far, in case a later step throws. */
  run(work: Work, request: Request, keep: (known: Partial<Fields>) => void): Promise<Answer<Fields>>;
  /** The answer for a person; empty when there is nothing to show beside the error. */
  text(fields: Fields, style: Style, request: Request): string;
}
