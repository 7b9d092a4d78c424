import type { Context } from './condition.ts';
import { isService, type Mention, type Principal } from './principal.ts';
import type { Statement } from './statement.ts';

/** What somebody wants to do to what. */
export interface Request {
  /** As policies name it: `s3:GetObject`. */
  action: string;
  resource: string;
  context: Context;
}

/** Undefined: yes. Otherwise why not, in AWS's words. */
export type Objection = string | undefined;

/** What the policies of one place say: nothing, no, yes, or yes to the whole account. */
type Verdict = 'silent' | 'denied' | 'allowed' | 'left to the account';

export interface Policies {
  identity: readonly Statement[];
  /** Undefined where the resource has no policy. */
  resource: readonly Statement[] | undefined;
  /** Of keys and of roles the own policy must say yes, whatever the caller's says. */
  mustAgree: boolean;
}

/**
 * AWS's evaluation within one account: an explicit deny anywhere is a no; otherwise the caller's own policies or the resource's must
 * allow. Where the resource must agree, a yes to the account hands the decision to the caller's policies, a yes to the caller is enough.
 */
export function decide(principal: Principal, request: Request, policies: Policies): Objection {
  const byIdentity = isService(principal) ? 'silent' : verdictOf(policies.identity, principal, request);
  const byResource = verdictOf(policies.resource ?? [], principal, request);
  if (byIdentity === 'denied') return 'with an explicit deny in an identity-based policy';
  if (byResource === 'denied') return 'with an explicit deny in a resource-based policy';
  const action = request.action;
  if (byResource === 'allowed') return undefined;
  if (isService(principal) || (policies.mustAgree && byResource === 'silent')) {
    return `because no resource-based policy allows the ${action} action`;
  }
  return byIdentity === 'allowed' ? undefined : `because no identity-based policy allows the ${action} action`;
}

function verdictOf(statements: readonly Statement[], principal: Principal, { action, resource, context }: Request): Verdict {
  const name = action.toLowerCase();
  let verdict: Verdict = 'silent';
  for (const statement of statements) {
    // What is asked first is what sorts out most.
    if (!statement.action(name) || !statement.resource(resource)) continue;
    const mention: Mention = statement.principal?.(principal) ?? 'caller';
    if (mention === 'none' || !statement.conditions.every((holds) => holds(context))) continue;
    if (statement.effect === 'Deny') return 'denied';
    if (mention === 'caller') verdict = 'allowed';
    else if (verdict === 'silent') verdict = 'left to the account';
  }
  return verdict;
}
