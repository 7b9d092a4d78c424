import type { ErrorName } from '../contract/errors.ts';

/** The answer to a request that is not carried out: nothing has failed, so nobody but who asked is told. */
export function refused(name: ErrorName, message: string): { outcome: 'Refused'; name: ErrorName; message: string } {
  return { outcome: 'Refused', name, message };
}
