import type { Complain, Context } from './condition.ts';
import { isObject, textsOf } from './condition.ts';

/** Who calls: a user, a session of a role, or a service of AWS on behalf of a resource. */
export type Principal = Identity | ServicePrincipal;

export interface Identity {
  /** The user, or for a session its role with its path: what `aws:PrincipalArn` says and whose policies count. */
  readonly identityArn: string;
  /** What messages say: the same for a user, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` for a session. */
  readonly arn: string;
}

export interface ServicePrincipal {
  /** For example `events.amazonaws.com`. */
  readonly service: string;
  /** The resource for which the service calls. */
  readonly sourceArn: string;
}

/** A session of a role. */
export function sessionOf(roleArn: string, sessionName: string): Identity {
  const [, partition = '', , , account = ''] = roleArn.split(':');
  return {
    identityArn: roleArn,
    arn: `arn:${partition}:sts::${account}:assumed-role/${nameOfRole(roleArn)}/${sessionName.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)}`,
  };
}

/** The name of a role or user, which is the last part of its path. */
export function nameOfRole(identityArn: string): string {
  return identityArn.slice(identityArn.lastIndexOf('/') + 1);
}

export function isService(principal: Principal): principal is ServicePrincipal {
  return 'service' in principal;
}

export function nameOf(principal: Principal): string {
  return isService(principal) ? principal.service : principal.arn;
}

/** The condition keys that say who calls. */
export function principalContext(principal: Principal): Context {
  if (isService(principal)) {
    return {
      'aws:principalisawsservice': 'true',
      'aws:principalservicename': principal.service,
      'aws:sourcearn': principal.sourceArn,
      'aws:sourceaccount': accountOf(principal.sourceArn),
    };
  }
  const isUser = principal.arn === principal.identityArn;
  return {
    'aws:principalisawsservice': 'false',
    'aws:principalarn': principal.identityArn,
    'aws:principalaccount': accountOf(principal.identityArn),
    'aws:principaltype': isUser ? 'User' : 'AssumedRole',
    ...(isUser && { 'aws:username': nameOfRole(principal.identityArn) }),
  };
}

export function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}

/**
 * How a statement speaks of a caller: not at all, of the caller himself (or of everybody), or only of his account, which leaves it to the
 * account's own policies who of it may.
 */
export type Mention = 'none' | 'account' | 'caller';
export type PrincipalMatcher = (principal: Principal) => Mention;

/** Reads a Principal element. */
export function parsePrincipal(element: unknown, path: string, complain: Complain): PrincipalMatcher {
  const { names, services } = namesOf(element, path, complain);
  return (principal) => {
    if (names.has('*')) return 'caller';
    if (isService(principal)) return services.has(principal.service) ? 'caller' : 'none';
    if (names.has(principal.identityArn) || names.has(principal.arn)) return 'caller';
    return accountNames(principal).some((name) => names.has(name)) ? 'account' : 'none';
  };
}

/**
 * Reads a NotPrincipal element, which only stands with Deny: it spares a caller who is named in every form that he has (account, role and
 * session), as AWS demands it.
 */
export function parseNotPrincipal(element: unknown, path: string, complain: Complain): PrincipalMatcher {
  const { names, services } = namesOf(element, path, complain);
  return (principal) => {
    if (isService(principal)) return services.has(principal.service) ? 'none' : 'caller';
    const spared =
      names.has(principal.identityArn) && names.has(principal.arn) && accountNames(principal).some((name) => names.has(name));
    return spared ? 'none' : 'caller';
  };
}

/** The two ways in which policies name the account of a caller. */
function accountNames({ identityArn }: Identity): string[] {
  const [, partition = '', , , account = ''] = identityArn.split(':');
  return [account, `arn:${partition}:iam::${account}:root`];
}

function namesOf(element: unknown, path: string, complain: Complain): { names: Set<string>; services: Set<string> } {
  const names = new Set<string>();
  const services = new Set<string>();
  if (element === '*') names.add('*');
  else if (!isObject(element)) complain(path, 'must be "*" or an object');
  else {
    for (const [kind, value] of Object.entries(element)) {
      const here = `${path}.${kind}`;
      const texts = textsOf(value);
      if (texts === undefined) complain(here, 'must be a text or a list of texts');
      else if (kind === 'Service') for (const name of texts) services.add(name);
      else if (kind !== 'AWS') complain(here, `the engine does not know principals of the kind ${kind}`);
      else for (const name of texts) addName(names, name, (message) => complain(here, message));
    }
  }
  return { names, services };
}

function addName(names: Set<string>, name: string, complain: (message: string) => void): void {
  const known = /^(\*|\d{12}|arn:[^:*?]+:iam::\d{12}:(root|(role|user)\/[^*?]+)|arn:[^:*?]+:sts::\d{12}:assumed-role\/[^*?]+)$/;
  if (known.test(name)) names.add(name);
  else complain(`${name} is no account, user, role or session (patterns are allowed in conditions only)`);
}
