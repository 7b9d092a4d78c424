import * as z from 'zod';
import { SOURCE_NAME, SUITE_NAME } from '../../functions/contract/names.ts';
import { COLDER_CLASSES, type ColderClass, TIERS } from '../../functions/contract/tiers.ts';
import { encryptionSchema } from './encryption-schema.ts';

/** The suite file as a user writes it, every default filled in. Rules that look at two places stand in cross-rules.ts. */

const NUL = String.fromCharCode(0);
/** Names that Docker, PostgreSQL or the file system know: their business but for what cannot be handed to a command at all. */
const freeText = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => !text.includes(NUL), 'must not contain a NUL byte');
const sourceName = z.string().regex(SOURCE_NAME, 'letters, digits, ".", "_" and "-", at most 40, the first a letter or digit');
/** Docker's rule. A "/" or ":" would turn `--volume NAME:/x` into something else than a volume. */
const volumeName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, "Docker's rule for volume names: letters, digits, ., _ and -");
const absolutePath = freeText
  .refine((path) => path.startsWith('/'), 'must be an absolute path')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."');
const pattern = freeText.refine(
  (text) => !text.startsWith('/') && !text.split('/').includes('..'),
  'must be relative to the directory, without ".."',
);
const exclude = z.array(freeText).default([]);
const optional = z.boolean().default(false);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

const database = z.strictObject({
  name: sourceName,
  container: freeText,
  database: freeText.optional(),
  user: freeText.nullable().default(null),
  passwordVariable: variableName.nullable().default(null),
  fingerprint: z.enum(['hash', 'count']).default('hash'),
  ownership: z.enum(['drop', 'keep']).default('drop'),
  plainSql: z.boolean().default(false),
  optional,
});
const volume = z.strictObject({ name: sourceName, volume: volumeName.optional(), exclude, optional });
const path = z.strictObject({ name: sourceName, container: freeText, path: absolutePath, exclude, optional });
const files = z.strictObject({
  name: sourceName,
  directory: absolutePath,
  include: z.array(pattern).min(1, 'name at least one file or pattern'),
  exclude,
  optional,
});

const sources = z.strictObject({
  databases: z.array(database).default([]),
  volumes: z.array(volume).default([]),
  paths: z.array(path).default([]),
  files: z.array(files).default([]),
});

const network = z.strictObject({
  vpcId: z.string().startsWith('vpc-'),
  subnetIds: z.array(z.string().startsWith('subnet-')).min(1),
  securityGroupIds: z.array(z.string().startsWith('sg-')).min(1),
});

const host = z.strictObject({
  instanceId: z.string().regex(/^i-[0-9a-f]{8,17}$/, 'must be an instance id such as i-0123456789abcdef0'),
  /** IAM's rule. */
  roleName: z.string().regex(/^[\w+=,.@-]{1,64}$/, 'must be the name of the IAM role of the host, without its path'),
  address: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').nullable().default(null),
  /** null or false: there is none. */
  network: z.preprocess((value) => (value === false ? null : value), network.nullable().default(null)),
});

const number = z.number();
const count = number.int('must be a whole number').min(1, 'must be at least 1').max(10_000, 'must be at most 10000');
const scalar = z.union([z.string(), number, z.boolean()], 'must be a text, a number or true/false');
const expectation = z
  .strictObject({ equals: scalar.optional(), min: number.optional(), max: number.optional() })
  .refine(
    ({ equals, min, max }) => (equals !== undefined) !== (min !== undefined || max !== undefined),
    'say either { equals } or { min, max }, at least one of the two',
  )
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is larger than max');

const check = z.strictObject({
  name: freeText,
  database: z.string(),
  sql: freeText,
  expect: expectation,
});

const crossCheck = z.strictObject({
  name: freeText,
  database: z.string(),
  sql: freeText,
  source: z.string(),
  severity: z.enum(['failure', 'warning']).default('failure'),
});

const verification = z.strictObject({
  checks: z.array(check).default([]),
  crossChecks: z.array(crossCheck).default([]),
  port: number.int().min(1024, 'must be a port of 1024 to 65535').max(65_535, 'must be a port of 1024 to 65535').default(55_432),
  shrink: z
    .strictObject({
      share: number.gt(0, 'must be above 0').max(1, 'must be at most 1').default(0.5),
      bytes: number.int().nonnegative().default(1_000_000),
    })
    .prefault({}),
});

const colder = z
  .strictObject({
    storageClass: z.enum(Object.keys(COLDER_CLASSES) as ColderClass[]),
    afterDays: count.default(30),
  })
  .nullable();
/** Read at once when needed; the colder ones must be thawed first, for hours. */
const READ_AT_ONCE = { storageClass: 'GLACIER_IR', afterDays: 30 } as const;

export const retentionSchema = z.strictObject({
  daily: count.default(7),
  weekly: count.default(4),
  monthly: count.default(12),
  yearly: z.union([count, z.literal('forever')], "must be a whole number of at least 1, or 'forever'").default('forever'),
  minimumProven: count.default(2),
  colder: z.strictObject({ monthly: colder.default(READ_AT_ONCE), yearly: colder.default(READ_AT_ONCE) }).prefault({}),
});

const lockDays = z.partialRecord(z.enum(TIERS), count).default({});
/** So that nobody chooses by mistake what nobody can take back, AWS included. */
export const COMPLIANCE_WORDS = 'nobody can delete or shorten it before its time';
const lock = z.discriminatedUnion(
  'mode',
  [
    z.strictObject({ mode: z.literal('governance'), days: lockDays }),
    z.strictObject({
      mode: z.literal('compliance'),
      days: lockDays,
      understood: z.literal(COMPLIANCE_WORDS, `must be the words "${COMPLIANCE_WORDS}"`),
    }),
  ],
  "mode must be 'governance' or 'compliance'",
);

const accountNumber = z.string().regex(/^\d{12}$/, 'must be the 12 digits of an AWS account');
const replica = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be the name of an AWS region such as 'eu-west-1'"),
  account: accountNumber.nullable().default(null),
  vaultAccount: accountNumber.nullable().default(null),
});

export const vaultSchema = z.strictObject({
  /** Versions cannot be deleted for so many days, by nobody; null: only policies keep them. */
  lock: lock.nullable().default(null),
  /** Further roles and users that may read what is stored, by hand for one. */
  readers: z
    .array(z.string().regex(/^arn:aws[\w-]*:iam::\d{12}:(role|user)\/.+$/, 'must be the ARN of a role or a user'))
    .default([]),
  /** Every call on an object of the vault is recorded, and what nobody should do is told. */
  trail: z.boolean().default(true),
  /** Where every point is copied to; null: it lies in one region only. */
  replica: replica.nullable().default(null),
});

const seconds = (fallback: number) => number.int().min(10).max(86_400, 'must be at most 86400 seconds, a day').default(fallback);
const timeouts = z.strictObject({
  inspect: seconds(300),
  capture: seconds(6 * 3600),
  prove: seconds(6 * 3600),
  thaw: number.int().min(10).max(172_800, 'must be at most 172800 seconds, two days').default(172_800),
  workflow: number.int().min(60).max(604_800, 'must be at most 604800 seconds, a week').default(86_400),
});

/** Their names become parts of names, and each stands for a tier (schedule-entries.ts). */
const schedules = z.strictObject({
  daily: z.string().optional(),
  full: z.string().optional(),
  weekly: z.string().optional(),
  monthly: z.string().optional(),
  yearly: z.string().optional(),
});

export const suiteSchema = z.strictObject({
  name: z.string().regex(SUITE_NAME, 'lower-case letters, digits and "-", at most 40, the first a letter'),
  timeZone: z.string().refine(isTimeZone, 'is not a time zone of the IANA database').default('Etc/UTC'),
  host,
  sources,
  secretsKeptIn: z.array(freeText).default([]),
  writers: z.array(freeText).default([]),
  schedules: schedules.default({ daily: 'cron(0 2 * * ? *)', full: 'cron(0 3 ? * SUN *)' }),
  retention: retentionSchema.prefault({}),
  vault: vaultSchema.prefault({}),
  verification: verification.prefault({}),
  encryption: encryptionSchema.default({ mode: 'none', privateKey: null, passphrase: null, kmsKey: null }),
  alerts: z.strictObject({ emails: z.array(z.email('must be an e-mail address')).default([]) }).prefault({}),
  timeouts: timeouts.prefault({}),
});

/** What a user may write. */
export type SuiteInput = z.input<typeof suiteSchema>;
/** The same after the schema; sources are still grouped by kind. */
export type SuiteDeclaration = z.output<typeof suiteSchema>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== undefined;
  } catch {
    return false;
  }
}
