import type { Context } from './condition.ts';
import type { Principal } from './principal.ts';

/** What a call needs: an action on a resource, with what the request says about it. */
export interface Right {
  /** As policies name it: `states:StartExecution`. */
  action: string;
  /** ARN; of a key also its id or an alias. */
  resource: string;
  context?: Context;
  /** The service that uses a key on the caller's behalf: `s3`. */
  via?: string;
}

/** Lets a caller do something. @throws AccessDenied where one of the rights is missing */
export type Permit = (principal: Principal, rights: readonly Right[], context?: Context) => void;

/** What the calls of a service need, by their names; a call that has no entry is not carried out. */
export type RightsTable = Readonly<Record<string, (parameters: Record<string, unknown>) => Right[]>>;
