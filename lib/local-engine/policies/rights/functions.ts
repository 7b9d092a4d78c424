import { arn, type Place } from '../../assembly/place.ts';
import type { ServiceRequest } from '../../front/service.ts';
import type { Right } from '../right.ts';

/** Lambda: the only call is the invocation, of a function or of one of its versions. */
export function functionRights(place: Place): (request: ServiceRequest) => Right[] {
  return ({ path: [, , name], query }) => {
    const qualifier = query.get('Qualifier');
    return [invocationRight(place, `${name ?? ''}${qualifier === null ? '' : `:${qualifier}`}`)];
  };
}

export function invocationRight(place: Place, nameOrArn: string): Right {
  const resource = nameOrArn.startsWith('arn:') ? nameOrArn : arn(place, 'lambda', `function:${nameOrArn}`);
  return { action: 'lambda:InvokeFunction', resource };
}
