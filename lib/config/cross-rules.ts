import type * as z from 'zod';
import { COLDER_CLASSES, TIERS } from '../../functions/contract/tiers.ts';
import { isRecord, problem, valueAt } from './raw-value.ts';
import { retentionDays } from './retention-policy.ts';
import { cronProblem, SCHEDULE_NAMES } from './schedule-entries.ts';
import type { Problem } from './suite-invalid.ts';
import { retentionSchema, vaultSchema } from './suite-schema.ts';

const GROUPS = ['databases', 'volumes', 'paths', 'files'] as const;

/** Rules that look at two places. They read the raw file, so that a mistake elsewhere, which the schema reports, does not hide them. */
export function crossProblems(raw: unknown, { region }: { readonly region?: string | undefined }): Problem[] {
  return [
    ...scheduleProblems(raw),
    ...sourceProblems(raw),
    ...checkProblems(raw),
    ...hostProblems(raw),
    ...colderProblems(raw),
    ...lockProblems(raw),
    ...replicaProblems(raw, region),
  ];
}

function scheduleProblems(raw: unknown): Problem[] {
  return SCHEDULE_NAMES.flatMap((name) => {
    const expression = valueAt(raw, ['schedules', name]);
    const message = typeof expression === 'string' ? cronProblem(expression) : undefined;
    return message ? [problem(['schedules', name], raw, message)] : [];
  });
}

function sourceProblems(raw: unknown): Problem[] {
  const sources = valueAt(raw, ['sources']);
  const none = isRecord(sources) && GROUPS.every((group) => listAt(raw, ['sources', group]).length === 0);
  const twice = GROUPS.flatMap((group) =>
    duplicates(textsAt(raw, ['sources', group], 'name')).map((index) =>
      problem(['sources', group, index, 'name'], raw, 'is the name of another source of the same kind'),
    ),
  );
  return [...(none ? [problem(['sources'], raw, 'declare at least one source')] : []), ...twice];
}

function checkProblems(raw: unknown): Problem[] {
  const [checks, crossChecks] = [
    ['verification', 'checks'],
    ['verification', 'crossChecks'],
  ] as const;
  const problems = textsAt(raw, crossChecks, 'source').map((name) =>
    name === undefined ? undefined : fileSourceProblem(raw, name),
  );
  return [
    ...databaseProblems(raw, checks),
    ...databaseProblems(raw, crossChecks),
    ...problems.flatMap((message, index) => (message ? [problem([...crossChecks, index, 'source'], raw, message)] : [])),
  ];
}

function databaseProblems(raw: unknown, path: readonly string[]): Problem[] {
  const databases = textsAt(raw, ['sources', 'databases'], 'name');
  const asked = textsAt(raw, path, 'database');
  const unknown = asked.flatMap((name, index) => (name === undefined || databases.includes(name) ? [] : [index]));
  const names = textsAt(raw, path, 'name');
  const twice = duplicates(names.map((name, index) => (name === undefined ? undefined : `${asked[index]} ${name}`)));
  return [
    ...unknown.map((index) => problem([...path, index, 'database'], raw, 'is not the name of a database source')),
    ...twice.map((index) => problem([...path, index, 'name'], raw, 'is the name of another check of the same database')),
  ];
}

/** Sources of files share no namespace: a name that two kinds have says nothing. */
function fileSourceProblem(raw: unknown, name: string): string | undefined {
  const [isDatabase = false, ...holdsFiles] = GROUPS.map((group) => textsAt(raw, ['sources', group], 'name').includes(name));
  const found = holdsFiles.filter(Boolean).length;
  if (found === 1) return undefined;
  if (found > 1) return 'is the name of sources of several kinds; give one of them another name';
  return isDatabase ? 'is a database; name a volume, path or files source' : 'is not the name of a volume, path or files source';
}

function hostProblems(raw: unknown): Problem[] {
  const isAlone = isRecord(valueAt(raw, ['host', 'network'])) && (valueAt(raw, ['host', 'address']) ?? null) === null;
  return isAlone ? [problem(['host', 'address'], raw, 'is needed together with host.network')] : [];
}

/** What goes before its class's shortest time is charged for all of it; and S3 moves nothing to STANDARD_IA before 30 days. */
function colderProblems(raw: unknown): Problem[] {
  const retention = retentionOf(raw);
  if (!retention) return [];
  const days = retentionDays(retention);
  return (['monthly', 'yearly'] as const).flatMap((tier) => {
    const colder = retention.colder[tier];
    if (!colder) return [];
    const { storageClass, afterDays } = colder;
    const stays = days[tier];
    const least = COLDER_CLASSES[storageClass];
    if (storageClass === 'STANDARD_IA' && afterDays < 30)
      return [
        problem(['retention', 'colder', tier, 'afterDays'], raw, 'must be at least 30: S3 moves nothing to STANDARD_IA before'),
      ];
    if (stays === null || stays - afterDays >= least) return [];
    const message = `a ${tier} point goes after ${stays} days, ${Math.max(0, stays - afterDays)} of them in ${storageClass}, which is charged for ${least}: keep ${tier} points longer, move them earlier, or say null`;
    return [problem(['retention', 'colder', tier], raw, message)];
  });
}

/** A version that is locked for longer than its tier lives stays, and is paid for, though no listing shows it any more. */
function lockProblems(raw: unknown): Problem[] {
  const retention = retentionOf(raw);
  const given = vaultSchema.safeParse(valueAt(raw, ['vault']) ?? {}).data?.lock?.days;
  if (!retention || !given) return [];
  const stays = retentionDays(retention);
  return TIERS.flatMap((tier) => {
    const [locked, lives] = [given[tier], stays[tier]];
    if (locked === undefined || lives === null || locked <= lives) return [];
    const message = `is longer than a ${tier} point lives, ${lives} days: what is locked stays, and is paid for, though it is not restored from any more`;
    return [problem(['vault', 'lock', 'days', tier], raw, message)];
  });
}

/** A copy that goes with what it was copied from is none. */
function replicaProblems(raw: unknown, vaultRegion: string | undefined): Problem[] {
  const at = (name: string) => ['vault', 'replica', name];
  const [region, account, vaultAccount] = ['region', 'account', 'vaultAccount'].map((name) => valueAt(raw, at(name)) ?? null);
  const same = 'must be another account than that of the replica; leave both out when there is only one';
  return [
    ...(vaultRegion !== undefined && region === vaultRegion
      ? [problem(at('region'), raw, 'is the region of the vault: the replica must lie in another')]
      : []),
    ...(account !== null && vaultAccount === null
      ? [problem(at('vaultAccount'), raw, 'is needed together with account: the replica lets that account in')]
      : []),
    ...(account === null && vaultAccount !== null ? [problem(at('account'), raw, 'is needed together with vaultAccount')] : []),
    ...(account !== null && account === vaultAccount ? [problem(at('vaultAccount'), raw, same)] : []),
  ];
}

/** With its defaults; undefined when it does not fit the schema, which says so. */
function retentionOf(raw: unknown): z.output<typeof retentionSchema> | undefined {
  return retentionSchema.safeParse(valueAt(raw, ['retention']) ?? {}).data;
}

function listAt(raw: unknown, path: readonly PropertyKey[]): unknown[] {
  const value = valueAt(raw, path);
  return Array.isArray(value) ? value : [];
}

function textsAt(raw: unknown, path: readonly PropertyKey[], key: string): (string | undefined)[] {
  return listAt(raw, path).map((entry) => {
    const text = isRecord(entry) ? entry[key] : undefined;
    return typeof text === 'string' ? text : undefined;
  });
}

/** Positions of values that occurred before. */
function duplicates(values: readonly (string | undefined)[]): number[] {
  return values.flatMap((value, index) => (value !== undefined && values.indexOf(value) < index ? [index] : []));
}
