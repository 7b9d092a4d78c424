import { keys } from '../../functions/contract/keys.ts';
import type { Connection } from './connection.ts';
import { readFailure } from './documents.ts';
import { type Overdue, overdueOf } from './overdue.ts';
import type { Point } from './point.ts';
import { daysBefore, idsOf, type PointIndex, provenIds, readIndexUntil } from './point-index.ts';
import { indent, pointText } from './point-text.ts';
import { newestProven, readLockState, readPoints } from './points.ts';
import { type ReplicaStatus, readReplica, replicaText } from './replica.ts';
import { type RestoreRow, readRestores } from './restores.ts';
import { type RunningRow, readRunning } from './running.ts';
import { readSchedules, type ScheduleRow } from './schedules.ts';
import { ageText, mark, paint, table } from './text.ts';
import { Vault } from './vault.ts';
import type { Verb } from './verb.ts';

export interface StatusFields {
  newest: Point | null;
  newestProven: Point | null;
  lastFailure: { id: string; at: string; name: string; message: string } | null;
  running: RunningRow[];
  lock: { executionArn: string; since: string } | null;
  schedules: ScheduleRow[];
  restores: RestoreRow[];
  /** Null: the suite has none. */
  replica: ReplicaStatus | null;
  /** Set when backups or their proofs have stopped. */
  overdue: Overdue | null;
}

/** Is the suite protected, what goes on, what comes next. */
export const status: Verb<StatusFields> = {
  empty: {
    newest: null,
    newestProven: null,
    lastFailure: null,
    running: [],
    lock: null,
    schedules: [],
    restores: [],
    replica: null,
    overdue: null,
  },

  async run({ connection }) {
    const [vaultFields, running, schedules, restores] = await Promise.all([
      readVault(connection),
      readRunning(connection),
      readSchedules(connection),
      readRestores(connection),
    ]);
    const { newestProven } = vaultFields;
    const overdue = newestProven && overdueOf(schedules, newestProven.startedAt, new Date());
    return { fields: { ...vaultFields, running, schedules, restores, overdue }, error: await connection.evidence.problem() };
  },

  text({ newest, newestProven, lastFailure, running, lock, schedules, restores, replica, overdue }, style) {
    const title = (text: string) => paint(style, 'bold', text);
    const parts = [
      newestProven === null
        ? `${mark(style, 'bad')} There is no proven recovery point.`
        : `${title('newest proven point')}\n${indent(pointText(style, newestProven))}`,
      overdue === null
        ? ''
        : `${mark(style, 'bad')} overdue: ${overdue.schedule} was due at ${overdue.dueAt} (${ageText(style, overdue.dueAt)}), and nothing has been proven since.`,
      newest === null || newest.id === newestProven?.id ? '' : `${title('newest point')}\n${indent(pointText(style, newest))}`,
      replica === null ? '' : `${title('replica')}\n${replicaText(style, replica)}`,
      lastFailure === null
        ? ''
        : `${title('last failure')}\n  ${lastFailure.id}, ${ageText(style, lastFailure.at)}  ${lastFailure.name}: ${lastFailure.message}`,
      running.length === 0
        ? ''
        : `${title('running')}\n${indent(running.map((row) => `${row.workflow}  ${row.step ?? 'starting'}  since ${row.startedAt}`).join('\n'))}`,
      lock === null ? '' : `${title('lock')}\n  held by ${lock.executionArn} since ${lock.since}`,
      restores.length === 0
        ? ''
        : table(
            style,
            ['restore', 'mode', 'from', 'is', ''],
            restores.map(({ restoreId, mode, point, outcome, keepsOld }) => [
              restoreId,
              mode,
              point,
              outcome,
              keepsOld ? 'the old is kept: --undo or --forget' : '',
            ]),
          ),
      schedules.length === 0
        ? 'There are no schedules.'
        : table(
            style,
            ['schedule', 'expression', 'time zone', 'next'],
            schedules.map(({ name, expression, timeZone, nextAt }) => [
              name,
              expression,
              timeZone,
              nextAt === null ? 'never' : `${nextAt} (${ageText(style, nextAt)})`,
            ]),
          ),
    ];
    return parts.filter((part) => part !== '').join('\n\n');
  },
};

async function readVault(connection: Connection): Promise<Omit<StatusFields, 'running' | 'schedules' | 'restores' | 'overdue'>> {
  const vault = new Vault(connection);
  const enough = (recent: PointIndex) => provenIds(recent).length > 0;
  const [index, lock] = await Promise.all([readIndexUntil(vault, new Date(), enough), readLockState(connection)]);
  const newest = idsOf(index, lock?.lock.id ?? null).slice(0, 1);
  const [newestPoints, proven, lastFailure, replica] = await Promise.all([
    readPoints(connection, index, lock, newest),
    newestProven(connection, index, lock),
    readLastFailure(vault),
    readReplica(connection, index),
  ]);
  return {
    newest: newestPoints[0] ?? null,
    newestProven: proven,
    lastFailure,
    replica,
    lock: lock && { executionArn: lock.lock.executionArn, since: lock.lock.since },
  };
}

/** Keys begin with the id of the point, and an old point can be verified today: of the newest keys the latest record counts. */
const NEWEST_FAILURES = 5;

/** The last run that failed, also one that made no point; failures are few, and all are listed when there is none of late. */
async function readLastFailure(vault: Vault): Promise<StatusFields['lastFailure']> {
  const prefix = keys.failures(vault.suite);
  const recent = await vault.list(prefix, `${prefix}${daysBefore(new Date(), 40)}`);
  const newest = (recent.length > 0 ? recent : await vault.list(prefix)).slice(-NEWEST_FAILURES);
  const failures = (await Promise.all(newest.map((key) => readFailure(vault, key)))).filter((failure) => failure !== null);
  const last = failures.sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).at(-1);
  return last === undefined ? null : { id: last.id, at: last.at, name: last.name, message: last.message };
}
