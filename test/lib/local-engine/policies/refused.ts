import { join } from 'node:path';
import { readJsonLines } from '../../../../lib/local-engine/json-lines.ts';

/** A line of the engine's record of refusals. */
export interface Refused {
  principal: string;
  action: string;
  resource: string;
  message: string;
  context: Record<string, unknown>;
}

/** What an engine has refused so far, from its own record. */
export function refused(directory: string): Refused[] {
  return readJsonLines<Refused>(join(directory, 'engine', 'refusals.jsonl'));
}

/** A call's outcome: the name of its error, or `done`. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    // An answer to HEAD has no body, so a client can only make a name of the status.
    return $metadata?.httpStatusCode === 403 && !name.includes('AccessDenied') ? '403' : name;
  }
}
