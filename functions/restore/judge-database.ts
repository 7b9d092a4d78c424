import { encode, encodeList } from '../contract/encoding.ts';
import type { InspectedDatabase } from '../contract/host-results.ts';
import type { PlanItem, PlanProblem } from '../contract/restore.ts';
import type { DatabaseSource } from '../contract/sources.ts';
import type { ChosenItem } from './items.ts';
import { type Context, containerProblem, type Judged } from './judge-items.ts';
import { ownersDropped, subscriptionsDisabled } from './known-losses.ts';
import { databaseName } from './names.ts';
import { quotedName, type TableColumns } from './tables.ts';

/** On disk a database is so many times as large as its compressed dump: rows with their headers, indexes, room in pages. */
const UNPACKED = 6;
/** An empty database: its system catalog. */
const EMPTY_DATABASE = 8_000_000;

/** What the host says of a database against what the point wants of it. */
export function judgeDatabase(chosen: ChosenItem, found: InspectedDatabase, context: Context): Judged {
  const declared = chosen.declared as DatabaseSource;
  const { label, name, server } = chosen.source;
  const problems: PlanProblem[] = [];
  const problem = (value: string, message: string) => problems.push({ path: label, value, message });
  const warnings: PlanItem['warnings'] = [];
  const gone = containerProblem(chosen, found.container);
  if (!gone && !found.server) problem('DatabaseUnreachable', `The server in "${declared.container}" does not let us in.`);
  const [then, now] = [server?.versionNumber ?? 0, found.server?.versionNumber ?? 0];
  if (found.server && Math.floor(now / 10_000) < Math.floor(then / 10_000)) {
    problem(
      'ClientServerMismatch',
      `The server is ${found.server.version}; the dump was taken from the newer ${server?.version}.`,
    );
  }
  const isTables = chosen.kind === 'tables';
  if (found.exists && !isTables) inTheWay(found, declared.database, problem);
  if (found.unreadable !== null) {
    const message = `The live database "${declared.database}" cannot be looked into: ${found.unreadable}`;
    if (isTables) problem('DatabaseUnreachable', message);
    else warnings.push({ name: 'DatabaseUnreachable', message });
  }
  if (found.eventTriggers > 0) {
    warnings.push({ name: 'EventTriggers', message: `The live database has ${found.eventTriggers} event triggers of its own.` });
  }
  if (found.server && !found.superuser && !isTables) {
    warnings.push({ name: 'NoSuperuser', message: 'The user is no superuser: extensions and owners may not be restorable.' });
  }
  if (!isTables && declared.ownership === 'drop') warnings.push(ownersDropped(declared.database));
  if (!isTables) warnings.push(...subscriptionsDisabled(declared.database, context.subscriptions.get(label) ?? []));
  const dump = chosen.source.artifacts.find(({ role }) => role === 'dump');
  const bytes = dump?.bytes ?? 0;
  const rawBytes = dump?.rawBytes ?? bytes * UNPACKED + EMPTY_DATABASE;
  const taken = [...found.databases, ...context.takenNames];
  const beside = databaseName(declared.database, `_beside_${context.restoreId}`, taken);
  const common = {
    item: chosen.item,
    kind: chosen.kind,
    source: name,
    label,
    bytes,
    rawBytes,
    freeBytes: found.freeBytes,
    needBytes: rawBytes,
    exists: found.exists,
    newer: null,
    diff: null,
    warnings,
  };
  const host = { ...chosen.host, ...context.place, source: label, beside: encode(beside) };
  if (isTables) return { ...judgeTables(chosen, found, context, { problems, common, host }), gone };
  const previous = found.exists ? databaseName(declared.database, `_before_${context.point}`, taken) : null;
  const undone = databaseName(declared.database, `_undone_${context.restoreId}`, taken);
  context.takenNames.push(beside, undone, ...(previous === null ? [] : [previous]));
  const item: PlanItem = {
    ...common,
    what: found.exists
      ? `Database "${declared.database}" is restored beside the old one, compared, and swapped; the old one stays as "${previous}".`
      : `Database "${declared.database}" does not exist and is restored.`,
    target: declared.database,
    previous,
    swaps: true,
    host: {
      ...host,
      previous: encode(previous ?? ''),
      undone: encode(undone),
      ownership: declared.ownership,
      fingerprint: declared.fingerprint,
    },
  };
  return { item, problems, gone };
}

function inTheWay(found: InspectedDatabase, database: string, problem: (value: string, message: string) => void): void {
  const things = [
    [found.preparedTransactions, 'prepared transactions: commit or roll them back'],
    [found.subscriptions, 'subscriptions, whose workers would come back at once: disable and drop them'],
    [found.slots, 'logical replication slots, which would follow the old database: drop them'],
  ] as const;
  for (const [count, what] of things) {
    if (count > 0) problem('SwapFailed', `Database "${database}" cannot be swapped: it has ${count} ${what} first.`);
  }
}

interface Begun {
  readonly problems: PlanProblem[];
  readonly common: Pick<PlanItem, 'item' | 'kind' | 'source' | 'label' | 'bytes' | 'rawBytes' | 'freeBytes' | 'needBytes'> &
    Pick<PlanItem, 'exists' | 'newer' | 'diff' | 'warnings'>;
  readonly host: Record<string, string>;
}

function judgeTables(chosen: ChosenItem, found: InspectedDatabase, context: Context, { problems, common, host }: Begun): Judged {
  const { options, point } = context;
  const declared = chosen.declared as DatabaseSource;
  const problem = (value: string, message: string) => problems.push({ path: 'table', value, message });
  const known = context.tables.get(chosen.source.label) ?? new Map<string, TableColumns>();
  const names = options.tables.flatMap((typed) => {
    const name = [...known.keys()].find((candidate) => candidate === typed || candidate === quotedName(typed));
    if (name === undefined)
      problem(
        'TableNotFound',
        `${typed} is no table of ${chosen.source.label} in recovery point ${point}. ${candidates(typed, known)}`,
      );
    return name ?? [];
  });
  if (options.tables.length === 0) problem('TableNotFound', 'Name at least one table (--table schema.name).');
  if (found.server && !found.exists) problem('DatabaseNotFound', `The live server has no database "${declared.database}".`);
  if (options.replace && found.exists) replaceable(found, known, problem, common.warnings);
  if (options.replace && found.server && !found.superuser) {
    problem('HostPermission', 'Only a superuser can keep triggers and foreign keys from firing while contents are replaced.');
  }
  const list = names.length > 0 ? names.join(', ') : 'No tables';
  const schema = databaseName('restored', `_${point}`, found.schemas);
  const previousSchema = databaseName('before', `_${point}`, found.schemas);
  const item: PlanItem = {
    ...common,
    what: options.replace
      ? `The contents of ${list} are replaced in one transaction; the old rows stay in schema "${previousSchema}".`
      : `${list} of "${declared.database}" are restored side by side into schema "${schema}".`,
    target: declared.database,
    previous: options.replace ? previousSchema : null,
    swaps: true,
    host: {
      ...host,
      tables: encodeList(names),
      schema: encode(options.replace ? '' : schema),
      previousSchema: encode(options.replace ? previousSchema : ''),
      replace: String(options.replace),
    },
  };
  return { item, problems };
}

/** At most so many names are told to somebody who typed one that does not exist. */
const NAMES_TOLD = 10;

/** Which tables could be meant: those of that name in any schema, else all. */
function candidates(typed: string, known: ReadonlyMap<string, TableColumns>): string {
  const all = [...known.keys()];
  const own = (name: string) => name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const alike = all.filter((name) => own(name) === own(typed));
  const told = alike.length > 0 ? alike : all;
  const rest = told.length - NAMES_TOLD;
  const list = `${told.slice(0, NAMES_TOLD).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  if (all.length === 0) return 'It has none.';
  return alike.length > 0 ? `Perhaps ${list}?` : `It has ${list}.`;
}

function replaceable(
  found: InspectedDatabase,
  known: ReadonlyMap<string, TableColumns>,
  problem: (value: string, message: string) => void,
  warnings: PlanItem['warnings'],
): void {
  for (const { name, exists, columns, referencedBy } of found.tables) {
    const then = known.get(name) ?? known.get(quotedName(name));
    if (then === undefined) continue;
    if (!exists) {
      problem('TableNotFound', `The live database has no table ${name}, so there are no contents to replace.`);
      continue;
    }
    const now = columns.map((column) => column.name);
    const missing = then.columns.filter((column) => !now.includes(column));
    const extra = then.columns.length === 0 ? [] : now.filter((column) => !then.columns.includes(column));
    const list = (what: string, some: string[]) => (some.length > 0 ? [`${what} ${some.join(', ')}`] : []);
    const differs = [...list('the live one lacks', missing), ...list('the point lacks', extra)];
    if (differs.length > 0) problem('TableDiffers', `Table ${name} has other columns now: ${differs.join('; ')}.`);
    if (referencedBy.length > 0) {
      warnings.push({
        name: 'Referenced',
        message: `${name} is referred to by ${referencedBy.join(', ')}; foreign keys are checked.`,
      });
    }
  }
}
