import type { LogFiles } from '../logs/log-files.ts';
import { isPermitted } from './is-permitted.ts';
import type { Principal } from './principal.ts';
import type { Permit, Right } from './right.ts';

/** Where lines of a log go. */
export interface LogWriter {
  append(group: string, stream: string, message: string, at?: number): void;
}

/**
 * Logs written in the name of a role, as Lambda and the agent on a host do it. Without the right to write them AWS loses the lines and
 * says nothing to anybody; here the refusal is on record.
 */
export function roleLogs(
  logs: LogFiles,
  principal: Principal,
  rights: (group: string, stream: string, isNew: boolean) => Right[],
  permit: Permit,
): LogWriter {
  const known = new Map<string, boolean>();
  const mayWrite = (group: string, stream: string): boolean => {
    const name = `${group} ${stream}`;
    const answer = known.get(name) ?? isPermitted(permit, principal, rights(group, stream, !logs.has(group)));
    known.set(name, answer);
    return answer;
  };
  return {
    append: (group, stream, message, at) => {
      if (mayWrite(group, stream)) logs.append(group, stream, message, at);
    },
  };
}
