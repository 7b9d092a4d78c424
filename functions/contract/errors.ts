/**
 * The one error table. A name here is a Step Functions error, an exit code of a host document, the class a handler throws, an exit
 * code of the operator's command and a heading of docs/RUNBOOK.md.
 *
 * `document`: exit status of a host document (65-113 are free of the shell's, BSD sysexits' 64 and signal meanings).
 * `exit`: exit code of the operator's command (DESIGN §9): 1 failed · 2 usage · 3 incomplete · 4 not found · 5 verification · 6 locked · 7 refused.
 * `retry`: a second attempt of the same host command can succeed without anybody doing anything.
 */
export interface ErrorEntry {
  readonly exit: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130;
  readonly document?: number;
  readonly retry?: true;
  readonly hint: string;
}

export const ERRORS = {
  // The request
  UsageInvalid: { exit: 2, hint: 'Run the verb with --help.' },
  SuiteInvalid: { exit: 2, hint: 'Correct the suite file; every problem is listed with its path and value.' },
  HostInvalid: { exit: 2, hint: 'Correct the host file; every problem is listed with its path and value.' },
  NoHost: {
    exit: 2,
    hint: 'Install one: apt-get install -y docker.io, or apt-get install -y postgresql and describe it in a host file.',
  },
  StackNotFound: { exit: 2, hint: 'Deploy the stack first (npx cdk deploy --all), or name it with --stack.' },
  NotFound: { exit: 4, hint: 'List the recovery points that exist: suite-backup list.' },
  LockHeld: { exit: 6, hint: 'Another run is going on; see suite-backup status. A dead owner is taken over by the next run.' },
  AlreadyDone: { exit: 0, hint: 'Nothing to do: the recovery point for this scheduled time exists.' },
  Refused: { exit: 7, hint: 'Read the plan; repeat with the confirmation it asks for.' },
  Expired: { exit: 4, hint: 'Its time has come: it is not restored from any more, whatever S3 has removed so far.' },
  Interrupted: { exit: 130, hint: 'The run was stopped and cleaned up; start it again when you are ready.' },

  // The engine on one machine
  AssemblyDiffers: { exit: 1, hint: 'Another command runs on this home with other stacks; wait until it has ended.' },
  AssemblyRefused: {
    exit: 1,
    hint: 'The engine does not know what is listed in the synthesized stacks, so it carries out none of them.',
  },
  EngineNotAnswering: {
    exit: 1,
    hint: 'The engine of this home does not answer; end the process that the message names, and try again.',
  },

  // The host and the road to it
  HostUnreachable: { exit: 1, retry: true, hint: 'Check that the instance runs and that its SSM agent is online.' },
  AgentTooOld: { exit: 1, hint: 'Update the SSM agent to 3.3.2746.0 or newer: older ones paste parameters into the script.' },
  CommandTimedOut: {
    exit: 1,
    hint: 'The host command did not finish in its time; see its log, raise the time or find what hangs.',
  },
  CommandCancelled: { exit: 1, hint: 'Somebody or an aborted run cancelled the host command; start the run again.' },
  CommandUndeliverable: { exit: 1, retry: true, hint: 'The command never reached the host; check the SSM agent.' },
  CommandFailed: { exit: 1, hint: 'The host command failed in a way the error table does not know; read its log.' },
  ResultMissing: { exit: 1, hint: 'The host command ended well but said nothing; read its log.' },
  ResultInvalid: { exit: 1, hint: 'The host command answered something that its schema does not allow; read its log.' },
  ToolMissing: { exit: 3, document: 70, hint: 'Install what is listed on the host (or in the container that is named).' },
  HostPermission: { exit: 3, document: 71, hint: 'The command may not read this on the host; run it as root, as SSM does.' },
  ParameterInvalid: {
    exit: 1,
    document: 72,
    hint: 'A document was called with a parameter it does not understand; deploy the stacks again.',
  },

  // Capture
  ContainerNotFound: { exit: 3, document: 73, hint: 'Check the container name in the suite file against docker ps --all.' },
  ContainerNotRunning: { exit: 3, document: 74, hint: 'Start the container, or declare the source optional.' },
  DatabaseNotFound: {
    exit: 3,
    document: 75,
    hint: 'Check the database name in the suite file against psql --list in the container.',
  },
  DatabaseEmpty: { exit: 3, document: 76, hint: 'The database has no tables. If that is right, declare it optional.' },
  DatabaseUnreachable: {
    exit: 3,
    document: 77,
    hint: 'Check user, password variable and that the server accepts connections in its container.',
  },
  ClientServerMismatch: { exit: 3, document: 78, hint: 'Give the container a client at least as new as its server.' },
  DumpFailed: { exit: 3, document: 79, hint: 'The dump did not come to its end; the message carries what the client said.' },
  UploadFailed: {
    exit: 3,
    document: 80,
    hint: 'The upload did not come to its end; check the way from the host to S3 and its role.',
  },
  VolumeNotFound: {
    exit: 3,
    document: 81,
    hint: 'Check the volume name against docker volume ls; compose puts its project name before it.',
  },
  VolumeIsDataDirectory: {
    exit: 3,
    document: 82,
    hint: 'Declare a database instead: files of a running server are not a backup.',
  },
  MountNotCaptured: {
    exit: 3,
    document: 113,
    hint: 'Declare what is mounted there as a source of its own, and exclude it from the path.',
  },
  SourceEmpty: { exit: 3, document: 83, hint: 'The source holds nothing. If that is right, declare it optional.' },
  PathNotFound: { exit: 3, document: 84, hint: 'Check the path in the suite file against the container or host.' },
  NoFileMatches: { exit: 3, document: 85, hint: 'Check directory and patterns of the source against the host.' },
  ArchiveFailed: { exit: 3, document: 86, hint: 'The archiver did not come to its end; the message carries what it said.' },
  InventoryFailed: { exit: 3, document: 87, hint: 'The list of files could not be made; the message says where.' },
  GlobalsFailed: { exit: 3, document: 88, hint: 'Roles could not be dumped; the message carries what pg_dumpall said.' },
  DiskFull: {
    exit: 3,
    document: 89,
    hint: 'Free space where the message says; the scratch area (TMPDIR of the host) can also be pointed elsewhere.',
  },
  PassphraseFileUnusable: {
    exit: 3,
    document: 110,
    hint: 'Put the passphrase into the file that encryption.passphraseFile names on the host, one line, readable by its owner alone.',
  },
  EncryptionFailed: {
    exit: 3,
    document: 111,
    hint: 'Nothing is sent in clear. Check the recipients of the suite file (an expired key?) and the tool that the message names.',
  },
  CaptureIncomplete: {
    exit: 3,
    hint: 'What was captured does not agree with what the host reported; run the backup again and read the log.',
  },

  // Proof
  VerificationFailed: { exit: 5, hint: 'The point is kept but not proven; show it to see every failed check.' },
  ManifestInvalid: { exit: 5, hint: 'The manifest is damaged or was changed; do not trust this point.' },
  SignatureInvalid: {
    exit: 5,
    hint: 'A manifest or a proof was not written by this project; do not trust this point, and find out who wrote it.',
  },
  ArtifactMissing: { exit: 5, hint: 'A stored object is gone; this point cannot be restored whole.' },
  ArtifactChanged: { exit: 5, hint: 'A stored object is not what was sealed; do not trust this point.' },
  ArchiveUnreadable: {
    exit: 5,
    document: 90,
    hint: 'The stored archive cannot be read to its end; this point cannot be restored whole.',
  },
  DownloadFailed: {
    exit: 5,
    document: 91,
    retry: true,
    hint: 'The host could not fetch the object; check the way from the host to S3.',
  },
  ScratchFailed: {
    exit: 5,
    document: 92,
    hint: 'The scratch server did not start, or cannot be removed; the message carries what was said.',
  },
  RestoreFailed: { exit: 5, document: 93, hint: 'The test restore failed; the message carries what pg_restore said.' },
  FingerprintMismatch: { exit: 5, document: 94, hint: 'What was restored is not what was captured; the proof names the tables.' },
  FilesMismatch: { exit: 5, hint: 'What was unpacked is not what was captured; the proof names the files.' },
  CheckFailed: { exit: 5, hint: 'A check of the suite file found something it does not allow; the proof names it.' },
  CheckNotRun: { exit: 5, hint: 'A check that belongs to the proof gave no result; see the log of the prove workflow.' },
  KeyMissing: {
    exit: 5,
    document: 112,
    hint: 'Put the private key or passphrase back into its secret (suite-backup put-key), or give the agents their right; then verify the point.',
  },
  KeyWrong: {
    exit: 5,
    document: 109,
    hint: 'The secret does not hold what opens this point: add the key or passphrase of then to it (suite-backup put-key), then verify.',
  },
  Anomaly: { exit: 5, hint: 'A source shrank; if that is right: suite-backup verify ID --accept-anomaly "why".' },

  // Restore
  RestoreRefused: { exit: 7, hint: 'The plan says what stands in the way; put that right and plan again.' },
  NotProven: { exit: 7, hint: 'Restore from latest-proven, prove the point (verify), or say --allow-unproven.' },
  NewWrites: { exit: 7, hint: 'What was written since the restore would be lost; say --discard-new-writes if it may.' },
  PointArchived: {
    exit: 7,
    hint: 'Its bytes lie in an archive storage class: restore --dry-run says what thawing takes; a restore does it.',
  },
  ThawTimedOut: {
    exit: 1,
    hint: 'Nothing was touched. What was asked for still comes: restore again later, or give timeouts.thaw more time.',
  },
  SafetyPointFailed: {
    exit: 1,
    hint: 'Nothing was touched. If what is there now need not be kept, restore with --no-safety-point.',
  },
  SpaceMissing: { exit: 7, document: 95, hint: 'Free space where the message says, or restore fewer sources at a time.' },
  TableNotFound: { exit: 7, document: 96, hint: 'Write schema.name as show ID --json lists it; names are exact.' },
  TableDiffers: {
    exit: 7,
    document: 97,
    hint: 'The table has other columns now: restore side by side (without --replace) and copy what you need.',
  },
  ForeignKeyViolated: {
    exit: 1,
    document: 98,
    hint: 'Nothing was changed. Restore the tables that refer to each other together, or side by side.',
  },
  SwapFailed: { exit: 1, document: 99, hint: 'The old is still in its place; the message says what kept it there.' },
  ContainerNotMade: {
    exit: 1,
    document: 101,
    hint: 'Make the containers yourself (the plan shows the command), then restore.',
  },
  SourcesDiffer: { exit: 3, hint: 'Restore what is affected: suite-backup restore ID --mode … --dry-run shows how.' },
  PutBackFailed: { exit: 1, document: 100, hint: 'Something of the restore still lies there: suite-backup restore --undo.' },

  // Retention
  RetentionFailed: {
    exit: 1,
    hint: 'The point itself is there; how long it stays could not be settled. The next run tries again: see its message.',
  },
  ObjectsHidden: {
    exit: 1,
    hint: 'Somebody deleted objects of points that still count. They are shown again; find out who: see the trail of the bucket.',
  },
  PointDamaged: {
    exit: 1,
    hint: 'A proven point is not whole any more, or was forged; an older one is held in its place. See what is left of it: verify ID.',
  },
  VaultTouched: {
    exit: 1,
    hint: 'Somebody who is none of ours called on the vault, its keys or its trail. Find out who it was and why.',
  },
  ReplicaBehind: {
    exit: 1,
    hint: 'The newest points are not all in the replica: until they are, only the vault has them. See what status says of the replica.',
  },
  NoReplica: { exit: 2, hint: 'The suite file names none: see vault.replica in README, "configure".' },
  FloorReached: { exit: 7, hint: 'The newest proven points stay. Make and prove newer ones first; list shows which are held.' },

  // The workflow
  Aborted: { exit: 1, hint: 'The run was stopped from outside; start it again.' },
  WorkflowTimedOut: { exit: 1, hint: 'The run did not finish in its time; see which step hangs.' },
  AccessDenied: {
    exit: 1,
    hint: 'A right is missing: yours to take on the operator role of the suite, or one that a changed policy took from an agent.',
  },
  KeyUnusable: {
    exit: 1,
    hint: 'A key of the vault, or of its replica, is disabled, or waits for its deletion: enable it, or call the deletion off, and run again.',
  },
  Unexpected: { exit: 1, hint: 'An error that has no name yet: see the log of the step, and report it.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorName = keyof typeof ERRORS;

/** What only lacks its key is not lost: it may be opened again. */
export const KEY_ERRORS = ['KeyMissing', 'KeyWrong'] as const satisfies ErrorName[];

export function isKeyError(name: string | null | undefined): name is (typeof KEY_ERRORS)[number] {
  return KEY_ERRORS.some((known) => known === name);
}

export function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(ERRORS, name);
}

/** The name in the table for what AWS services call an error; undefined when it has none. S3 puts `KMS.` before what a key's service said. */
export function errorOfService(name: string): ErrorName | undefined {
  if (name === 'AccessDenied' || name === 'AccessDeniedException') return 'AccessDenied';
  return /^(KMS\.)?(Disabled|KMSInvalidState)Exception$|^KMS\.NotFoundException$/.test(name) ? 'KeyUnusable' : undefined;
}

/** The name a document's exit status stands for; undefined for statuses that are not in the table. */
export function errorOfDocumentExit(status: number): ErrorName | undefined {
  return Object.entries<ErrorEntry>(ERRORS).find(([, entry]) => entry.document === status)?.[0] as ErrorName | undefined;
}

/** Characters. A message must still be whole once it stands escaped in a Cause, which is cut at 32,768: a cut one cannot be parsed. */
export const LONGEST_MESSAGE = 12_000;

/** The only error that our own code throws on purpose: its name is one of the table, so machines, alerts and runbook can act on it. */
export class NamedError extends Error {
  constructor(name: ErrorName, message: string) {
    super(message);
    this.name = name;
  }
}
