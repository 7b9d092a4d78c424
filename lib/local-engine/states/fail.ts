import { StateFailure } from './errors.ts';
import type { FailState } from './machine.ts';
import type { Visit } from './visit.ts';

const isText = (value: unknown): value is string => typeof value === 'string';

/** Always throws: the failure that the state describes, its cause as it stands. */
export async function fail(visit: Visit, { Error: error, Cause }: FailState): Promise<never> {
  const name = error === undefined ? '' : await visit.evaluateTo(error, 'Error', 'a string', isText);
  const cause = Cause === undefined ? '' : await visit.evaluateTo(Cause, 'Cause', 'a string', isText);
  throw new StateFailure(name, cause);
}
