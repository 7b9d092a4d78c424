/** Every parameter a host document may have: what it is, and what it may look like before the agent hands it over. */
const BASE64 = '^[A-Za-z0-9+/=]*$';
const NUMBER = '^[0-9]{1,18}$';

const PARAMETERS = {
  suite: ['Name of the suite.', '^[a-z][a-z0-9-]{0,39}$'],
  account: ['Account of the workflows.', '^[0-9]{12}$'],
  bucket: ['Bucket to write to.', '^[a-z0-9][a-z0-9.-]{2,62}$'],
  prefix: ['Beginning of every key that is written.', '^[A-Za-z0-9/_-]{1,200}$'],
  source: ['Label of the source: part of keys.', '^[a-z]{1,20}-[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$'],
  expectedBytes: ['How large the object may become: decides the size of the parts.', NUMBER],
  chunkBytes: ['Size of the pieces that are hashed one by one.', NUMBER],
  encryption: ['How what is stored is encrypted first.', '^(none|age|gpg|gpg-symmetric|openssl)$'],
  recipients: ['Public keys to encrypt to, each followed by NUL, base64.', BASE64],
  passphraseFile: ['File on the host that holds the passphrase to encrypt with, base64.', BASE64],
  container: ['Container, base64.', BASE64],
  database: ['Database, base64.', BASE64],
  user: ['Database user, base64; empty for the default.', BASE64],
  passwordVariable: ['Variable inside the container that holds the password; may be empty.', '^([A-Za-z_][A-Za-z0-9_]*)?$'],
  fingerprint: ['Hash rows, or count them only.', '^(hash|count)$'],
  optional: ['Whether the source may be empty.', '^(true|false)$'],
  plainSql: ['Whether plain SQL is stored too.', '^(true|false)$'],
  volume: ['Volume, base64.', BASE64],
  newVolume: ['What the volume is called when it has to be made, base64.', BASE64],
  labels: ['Labels of a volume that has to be made, NAME=VALUE, each followed by NUL, base64.', BASE64],
  path: ['Path inside the container, base64.', BASE64],
  directory: ['Directory on the host, base64.', BASE64],
  include: ['Patterns, each followed by NUL, base64.', BASE64],
  exclude: ['Patterns, each followed by NUL, base64.', BASE64],
  proof: ['Id of the proof.', '^[A-Za-z0-9-]{1,40}$'],
  firstPort: ['First port that the scratch server may listen on.', '^[0-9]{1,5}$'],
  lastPort: ['Last port that it may listen on.', '^[0-9]{1,5}$'],
  address: ['Address the scratch server listens on; empty for none.', '^[0-9a-fA-F.:]{0,45}$'],
  image: ['Image, base64.', BASE64],
  bootstrapUser: ['First superuser of the server, base64.', BASE64],
  sharedPreloadLibraries: ['Libraries the server starts with, base64.', BASE64],
  url: ['Presigned URL, base64: good for 15 minutes.', BASE64],
  sealed: ['How the object behind the URL is encrypted.', '^(none|age|openpgp|openssl)$'],
  runKey: [
    'Folder of the key that the host made for this run; empty: none.',
    '^(suite-backup-key-[a-z0-9][A-Za-z0-9.-]{1,100})?$',
  ],
  opener: ['What opens the object, encrypted for the key of the run, base64.', BASE64],
  header: ["What stands in the place of the object's own header, base64.", BASE64],
  headerBytes: ['How long its own header is.', NUMBER],
  owner: ['Id of the proof or restore that a key is made for.', '^[A-Za-z0-9-]{1,60}$'],
  checks: ['Name and statement of each check, each followed by NUL, base64.', BASE64],
  statements: ['Statements, each followed by NUL, base64.', BASE64],
  restore: ['Id of the restore.', '^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$'],
  tables: ['Names of tables, each followed by NUL, base64.', BASE64],
  beside: ['Name of the new database beside the old one, base64.', BASE64],
  oid: ['Number of the new database; empty where it is not known.', '^[0-9]{0,10}$'],
  old: ['Number of the database whose place it takes, 0 for none; empty where it is not known.', '^[0-9]{0,10}$'],
  undone: ['What a database is called that was written to before it was taken back, base64.', BASE64],
  discard: ['Whether what was written since may be lost.', '^(true|false)$'],
  previous: ['What the old is called afterwards, base64.', BASE64],
  ownership: ['Whether owners and grants are restored.', '^(drop|keep)$'],
  direction: ['Put the new in place, put the old back, or forget the old.', '^(forward|back|forget)$'],
  baseline: ['Writes per table right after the swap, JSON, base64.', BASE64],
  schema: ['Schema to restore into, base64; empty: the tables themselves.', BASE64],
  replace: ['Whether the contents of the tables are replaced.', '^(true|false)$'],
  previousSchema: ['Schema that keeps the old contents, base64; empty: none.', BASE64],
  kind: ['What kind of tree it is.', '^(volume|path|files)$'],
  since: ['Seconds since 1970: what is newer than the point.', NUMBER],
  to: ['Folder to write to instead of the source, base64; empty: in place.', BASE64],
  paths: ['Patterns relative to the root of the source, each followed by NUL, base64; empty: everything.', BASE64],
  where: ['The tree itself, or what lies beside it.', '^(live|stage)$'],
  project: ['Name of a compose project, base64.', BASE64],
  files: ['Paths of compose files, each followed by NUL, base64; empty: the one that compose finds.', BASE64],
  environmentFiles: ['Paths of files with variables for compose, each followed by NUL, base64.', BASE64],
  services: ['Compose services, each followed by NUL, base64; empty: all of the project.', BASE64],
  servers: ['Containers whose database servers are waited for, each followed by NUL, base64.', BASE64],
  writers: ['Containers or compose services, each followed by NUL, base64.', BASE64],
  containers: ['Containers, each followed by NUL, base64.', BASE64],
} as const satisfies Record<string, readonly [description: string, pattern: string]>;

export type ParameterName = keyof typeof PARAMETERS;

/** What a document that stores something needs to encrypt it, and one that gets something to find and to open it. */
export const SEAL_PARAMETERS = ['encryption', 'recipients', 'passphraseFile'] as const satisfies ParameterName[];
export const WAY_PARAMETERS = ['url', 'sealed', 'runKey', 'opener', 'header', 'headerBytes'] as const satisfies ParameterName[];

export function parameters(names: readonly ParameterName[]): Record<string, { description: string; pattern: string }> {
  return Object.fromEntries(
    names.map((name) => {
      const [description, pattern] = PARAMETERS[name];
      return [name, { description, pattern }];
    }),
  );
}
