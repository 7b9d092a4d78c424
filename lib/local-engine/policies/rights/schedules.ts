import { arn, type Place } from '../../assembly/place.ts';
import type { ServiceRequest } from '../../front/service.ts';
import type { Right } from '../right.ts';

/** EventBridge Scheduler: one schedule, or the list of all. */
export function scheduleRights(place: Place): (request: ServiceRequest) => Right[] {
  return ({ path: [, name], query }) => {
    if (name === undefined) return [{ action: 'scheduler:ListSchedules', resource: arn(place, 'scheduler', 'schedule/*/*') }];
    const resource = arn(place, 'scheduler', `schedule/${query.get('groupName') ?? 'default'}/${name}`);
    return [{ action: 'scheduler:GetSchedule', resource }];
  };
}
