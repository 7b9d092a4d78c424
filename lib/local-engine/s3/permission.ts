import { AccessDenied } from '../policies/access-denied.ts';
import type { Right } from '../policies/right.ts';
import { absenceRights, BUCKET_RIGHTS, OBJECT_RIGHTS } from '../policies/rights/s3.ts';
import { rightsElsewhere } from '../policies/rights/s3-elsewhere.ts';
import { type BucketAction, chooseAction, type ObjectAction } from './actions.ts';
import type { BucketCall, Call, ObjectCall, Target } from './call.ts';
import { notImplemented, S3Error } from './s3-error.ts';

/** Refusals by policies as S3 names them. */
export function inWordsOfS3(check: (rights: readonly Right[]) => void): (rights: readonly Right[]) => void {
  return (rights) => {
    try {
      check(rights);
    } catch (error) {
      throw error instanceof AccessDenied ? error.as('AccessDenied', 403) : error;
    }
  };
}

/** The action that a request means. Whoever may not do on AWS what this server does not do at all is told the first. */
export function choosePermitted<T extends BucketAction | ObjectAction>(actions: T[], call: Call, target: Target): T {
  const method = call.request.method ?? 'GET';
  try {
    return chooseAction(actions, method, target);
  } catch (error) {
    call.permit(rightsElsewhere(method, target));
    throw error;
  }
}

/** Carries out an action on a bucket, if the caller may. */
export function onBucket(action: BucketAction, call: BucketCall): Promise<void> {
  call.permit(rightsOf(BUCKET_RIGHTS, action.name)(call));
  return action.handle(call);
}

/** Carries out an action on an object, if the caller may; that the object is missing is told only to who may list it. */
export async function onObject(action: ObjectAction, call: ObjectCall): Promise<void> {
  call.permit(rightsOf(OBJECT_RIGHTS, action.name)(call));
  try {
    await action.handle(call);
  } catch (error) {
    if (error instanceof S3Error && ['NoSuchKey', 'NoSuchVersion'].includes(error.code)) call.permit(absenceRights(call));
    throw error;
  }
}

function rightsOf<T>(table: Readonly<Record<string, T>>, action: string): T {
  const rights = table[action];
  if (rights === undefined) throw notImplemented(`${action} (nobody has said what it needs)`);
  return rights;
}
