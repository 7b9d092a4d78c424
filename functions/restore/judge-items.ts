import { encode, encodeList } from '../contract/encoding.ts';
import { HOST_RESULTS, type InspectedTree } from '../contract/host-results.ts';
import type { PlanItem, PlanProblem, RestoreOptions } from '../contract/restore.ts';
import type { DatabaseSource, Source } from '../contract/sources.ts';
import { type ChosenItem, placeOf } from './items.ts';
import { judgeDatabase } from './judge-database.ts';
import { rolesDiffer } from './known-losses.ts';
import type { TableColumns } from './tables.ts';

/** How one question to the host ended. */
export interface Answer {
  readonly key: string;
  readonly ok: boolean;
  readonly result: unknown;
  readonly error: { name: string; message: string } | null;
}

export interface Context {
  readonly restoreId: string;
  readonly point: string;
  readonly options: RestoreOptions;
  /** Where documents put what they store: bucket, prefix, size of chunks. */
  readonly place: Record<string, string>;
  /** What single files of a source that are kept are called: their name and this. */
  readonly suffixOf: (label: string) => string;
  /** Tables of each database in the point, by the label of its source. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, TableColumns>>;
  /** Subscriptions of each database in the point, likewise. */
  readonly subscriptions: ReadonlyMap<string, readonly string[]>;
  /** Names of databases that earlier items of the plan will take. */
  readonly takenNames: string[];
}

export interface Judged {
  readonly item: PlanItem | null;
  readonly problems: PlanProblem[];
  /** Its container cannot be restored into as it is. */
  readonly gone?: PlanProblem | null;
}

/** An item of the plan from what the host said; whatever could not be asked is a problem. */
export function judgeItem(chosen: ChosenItem, answers: readonly Answer[], context: Context): Judged {
  const answer = answers.find(({ key }) => key === chosen.item);
  const { label } = chosen.source;
  if (chosen.kind === 'globals') return { item: roles(chosen, answer), problems: [] };
  if (!answer?.ok) {
    const { name, message } = answer?.error ?? { name: 'ResultMissing', message: 'The host was not asked.' };
    return { item: null, problems: [{ path: label, value: name, message }] };
  }
  if (chosen.kind === 'database' || chosen.kind === 'tables') {
    return judgeDatabase(chosen, HOST_RESULTS['inspect-database'].parse(answer.result), context);
  }
  return judgeTree(chosen, HOST_RESULTS['inspect-tree'].parse(answer.result), answers, context);
}

function roles(chosen: ChosenItem, answer: Answer | undefined): PlanItem {
  const { name, label, artifacts } = chosen.source;
  const bytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
  return {
    item: chosen.item,
    kind: 'globals',
    source: name,
    label,
    what: `Roles that the server in "${placeOf(chosen.declared)}" lacks are created; those it has are left alone.`,
    target: placeOf(chosen.declared),
    bytes,
    rawBytes: bytes,
    freeBytes: null,
    needBytes: 0,
    exists: true,
    previous: null,
    newer: null,
    diff: null,
    warnings: rolesThatStay(answer),
    swaps: false,
    host: chosen.host,
  };
}

/** A server whose roles cannot be read is a problem of its databases. */
function rolesThatStay(answer: Answer | undefined): PlanItem['warnings'] {
  if (answer?.ok) return rolesDiffer(HOST_RESULTS['inspect-roles'].parse(answer.result).differing);
  const { name, message } = answer?.error ?? { name: 'ResultMissing', message: 'The host was not asked.' };
  return [{ name, message: `Which roles have other attributes now cannot be said: ${message}` }];
}

function judgeTree(chosen: ChosenItem, found: InspectedTree, answers: readonly Answer[], context: Context): Judged {
  const { options, restoreId } = context;
  const { label, name, artifacts } = chosen.source;
  const suffix = context.suffixOf(label);
  const problems: PlanProblem[] = [];
  const elsewhere = options.to !== null;
  let gone: PlanProblem | null = null;
  if (chosen.kind === 'path' && !elsewhere) {
    // What a stopped container has on volumes can be reached; its own files only where the engine shows them.
    const reached = found.container?.running || found.exists;
    if (!reached) gone = containerProblem(chosen, found.container);
  }
  if (options.to !== null) problems.push(...otherFolder(label, options.to, found));
  if (found.exists && !found.writable && !elsewhere) {
    problems.push({ path: label, value: 'HostPermission', message: `${placeOf(chosen.declared)} cannot be written to.` });
  }
  const archive = artifacts.find(({ role }) => role === 'archive');
  const rawBytes = archive?.rawBytes ?? (archive?.bytes ?? 0) * 3;
  const diff = answers.find(({ key }) => key === `${chosen.item}-diff`);
  const diffed = diff?.ok ? HOST_RESULTS['diff-config'].parse(diff.result) : null;
  const place = placeOf(chosen.declared);
  const kept =
    chosen.kind === 'files' ? `*${suffix}` : `${found.target ?? place}/.suite-backup-restore-${restoreId}-${label}/before`;
  const item: PlanItem = {
    item: chosen.item,
    kind: chosen.kind,
    source: name,
    label,
    what: elsewhere
      ? `${label} is written to ${options.to}; ${place} is not touched.`
      : sentence(chosen.kind, place, found, options, kept),
    target: elsewhere ? `${options.to}` : place,
    bytes: archive?.bytes ?? 0,
    rawBytes,
    freeBytes: found.freeBytes,
    needBytes: rawBytes,
    exists: found.exists && !elsewhere,
    previous: found.exists && !elsewhere ? kept : null,
    newer: elsewhere ? null : found.newer,
    diff: diffed?.files ?? null,
    warnings: [
      ...(elsewhere ? [] : newerFiles(found)),
      ...(diff?.error ? [notCompared(diff.error)] : []),
      ...(diffed ? notNamed(diffed.unnamed) : []),
    ],
    swaps: !elsewhere,
    host: {
      ...chosen.host,
      ...context.place,
      source: label,
      ...newVolume(chosen),
      paths: encodeList(options.paths),
      to: encode(options.to ?? ''),
      previous: encode(suffix),
    },
  };
  return { item, problems, gone };
}

/** What keeps a tree from being written to a folder of its own. */
function otherFolder(label: string, to: string, { isFile, empty, writable }: InspectedTree): PlanProblem[] {
  const problem = (value: string, message: string) => [{ path: label, value, message }];
  if (isFile) return problem('RestoreRefused', `${to} is a file, or lies below one; name a folder.`);
  if (!empty) return problem('RestoreRefused', `${to} is not empty; name a folder that is, or that does not exist.`);
  return writable ? [] : problem('HostPermission', `${to} cannot be written to.`);
}

/** What a volume that is gone is called and carries when it is made again: compose asks for both. */
function newVolume({ source, declared }: ChosenItem): Record<'newVolume' | 'labels', string> {
  if (declared.kind !== 'volume') return { newVolume: '', labels: '' };
  const labels = Object.entries(source.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return { newVolume: encode(source.resolved ?? declared.volume), labels: encodeList(labels) };
}

function newerFiles({ newer }: InspectedTree): PlanItem['warnings'] {
  if (newer === 0) return [];
  return [{ name: 'NewerFiles', message: `Newer than the point, and kept aside: ${newer} file${newer === 1 ? '' : 's'}.` }];
}

function notCompared({ name, message }: { name: string; message: string }): PlanItem['warnings'][0] {
  return { name, message: `What would change cannot be shown: ${message}` };
}

function notNamed(unnamed: number): PlanItem['warnings'] {
  if (unnamed === 0) return [];
  return [{ name: 'MoreDiffers', message: `The difference is longer than one answer: ${unnamed} more files differ.` }];
}

function sentence(kind: string, place: string, found: InspectedTree, options: RestoreOptions, kept: string): string {
  const what = options.paths.length > 0 ? `What matches ${options.paths.join(', ')} of ${place}` : place;
  if (!found.exists) return `${place} does not exist and is made.`;
  if (kind === 'files') return `Files of ${what} are replaced one by one; the old ones stay as ${kept} beside them.`;
  return `${what} is restored beside the old, compared, and swapped; the old stays in ${kept}.`;
}

/** Why a container cannot be restored into, with what to do about it; null when it can. */
export function containerProblem(
  { source, declared }: ChosenItem,
  container: { name: string; running: boolean } | null,
): PlanProblem | null {
  const name = (declared as Extract<Source, { container: string }> | DatabaseSource).container;
  if (container?.running) return null;
  if (container) {
    const message = `The container "${container.name}" does not run: docker start ${container.name}`;
    return { path: source.label, value: 'ContainerNotRunning', message };
  }
  const labels = source.container?.labels ?? {};
  const folder = labels['com.docker.compose.project.working_dir'];
  const service = labels['com.docker.compose.service'];
  const how =
    folder && service ? `cd ${folder} && docker compose up --detach ${service}` : `from image ${source.container?.image}`;
  const message = `There is no container "${name}". Make it first (${how}), then restore.`;
  return { path: source.label, value: 'ContainerNotFound', message };
}
