import type { Place } from '../../assembly/place.ts';
import type { Topics } from '../../sns/topics.ts';
import type { Right } from '../right.ts';
import { invocationRight } from './functions.ts';
import { publishingRights } from './topics.ts';

/** What it takes to set going what rules and schedules set going. */
export function targetRights(place: Place, topics: Topics, targetArn: string): Right[] {
  if (targetArn.includes(':stateMachine:')) return [{ action: 'states:StartExecution', resource: targetArn }];
  if (targetArn.includes(':function:')) return [invocationRight(place, targetArn)];
  return publishingRights(topics, targetArn);
}
