import { AccessDenied } from './access-denied.ts';
import type { Principal } from './principal.ts';
import type { Permit, Right } from './right.ts';

/** For what AWS does in somebody's name without telling anybody that it could not: a refusal is on record and nothing more. */
export function isPermitted(permit: Permit, principal: Principal, rights: readonly Right[]): boolean {
  try {
    permit(principal, rights);
    return true;
  } catch (error) {
    if (error instanceof AccessDenied) return false;
    throw error;
  }
}
