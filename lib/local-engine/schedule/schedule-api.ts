import { refuseUnknownParameters } from '../front/json-protocol.ts';
import { jsonResponse, restService } from '../front/rest-protocol.ts';
import type { Service } from '../front/service.ts';
import { ServiceError } from '../service-error.ts';
import type { Schedule } from './schedules.ts';

/** The reading half of the EventBridge Scheduler API: `GET /schedules` and `GET /schedules/NAME`. */
export function scheduleService(schedules: Schedule[]): Service {
  return restService(async ({ method, path: [collection, name, ...deeper], query }) => {
    if (method !== 'GET' || collection !== 'schedules' || deeper.length > 0) {
      throw new ServiceError(
        'UnknownOperationException',
        `The engine does not carry out Scheduler ${method} /${collection ?? ''}`,
        501,
      );
    }
    const known = name === undefined ? ['NamePrefix', 'ScheduleGroup', 'State'] : ['groupName'];
    refuseUnknownParameters('Scheduler', Object.fromEntries(query), known);
    if (name === undefined) {
      const state = query.get('State');
      const prefix = query.get('NamePrefix') ?? '';
      const group = query.get('ScheduleGroup');
      const listed = schedules.filter(
        (schedule) =>
          schedule.name.startsWith(prefix) &&
          (group === null || schedule.group === group) &&
          (state === null || stateOf(schedule) === state),
      );
      return jsonResponse(200, { Schedules: listed.map(summary) });
    }
    const group = query.get('groupName') ?? 'default';
    const found = schedules.find((schedule) => schedule.name === name && schedule.group === group);
    if (found === undefined) throw new ServiceError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    return jsonResponse(200, {
      ...found.properties,
      ...summary(found),
      Target: found.target,
      ScheduleExpressionTimezone: found.timeZone,
      StartDate: seconds(found.startDate),
      EndDate: seconds(found.endDate),
    });
  });
}

function summary(schedule: Schedule): Record<string, unknown> {
  const { name, group, arn, target } = schedule;
  return { Name: name, GroupName: group, Arn: arn, State: stateOf(schedule), Target: { Arn: target.Arn } };
}

function stateOf({ enabled }: Schedule): string {
  return enabled ? 'ENABLED' : 'DISABLED';
}

function seconds(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : date.getTime() / 1000;
}
