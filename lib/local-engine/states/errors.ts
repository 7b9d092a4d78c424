/** Step Functions cuts the cause of a failure here (API reference, `cause`: at most 32,768 characters). */
const LONGEST_CAUSE = 32_768;

/** A failure with an error name that Retry and Catch can look at. Both strings may be empty, as in a Fail state without fields. */
export class StateFailure extends Error {
  readonly error: string;
  override readonly cause: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.error = error;
    this.cause = cause.slice(0, LONGEST_CAUSE);
  }
}

/**
 * What `performTask` throws when the work failed: `error` is the name that ErrorEquals is compared with, `cause` is passed on unchanged.
 * As the reason of an abort it carries the error and cause that StopExecution was called with.
 */
export class TaskFailure extends StateFailure {}

/** The thread was told to stop: by a failing sibling, by StopExecution or by the machine's timeout. Nothing can catch it. */
export class Aborted extends Error {}

/** The built-in error names of the Amazon States Language. A name of one's own may not begin with `States.`. */
export const BUILT_IN_ERRORS: ReadonlySet<string> = new Set([
  'States.ALL',
  'States.BranchFailed',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.HeartbeatTimeout',
  'States.Http.Socket',
  'States.IntrinsicFailure',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.ParameterPathFailure',
  'States.Permissions',
  'States.QueryEvaluationError',
  'States.ResultPathMatchFailure',
  'States.ResultWriterFailed',
  'States.Runtime',
  'States.TaskFailed',
  'States.Timeout',
]);

/**
 * Whether an ErrorEquals list covers an error. States.Runtime always ends the execution; States.DataLimitExceeded is out of reach
 * of the two wildcards and can only be named; States.TaskFailed is a wildcard for everything else but States.Timeout.
 */
export function matchesError(errorEquals: readonly string[], error: string): boolean {
  if (error === 'States.Runtime') return false;
  if (errorEquals.includes(error)) return true;
  if (error === 'States.DataLimitExceeded') return false;
  return errorEquals.includes('States.ALL') || (errorEquals.includes('States.TaskFailed') && error !== 'States.Timeout');
}
