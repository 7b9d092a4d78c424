import type { Place } from '../assembly/place.ts';
import { AccessDenied } from './access-denied.ts';
import type { Context } from './condition.ts';
import { decide, type Objection, type Request } from './decide.ts';
import { regionOf } from './keys.ts';
import type { AssemblyPolicies } from './policies-of-assembly.ts';
import { accountOf, isService, nameOf, nameOfRole, type Principal, principalContext } from './principal.ts';
import type { Refusals } from './refusals.ts';
import type { Right } from './right.ts';
import { parsePolicy, type Statement } from './statement.ts';

/** The operator stands for an administrator of the account: everything that no policy of a resource denies. */
const ADMINISTRATOR = parsePolicy(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  'identity',
  () => {},
);

/** Answers whether somebody may do something, by the policies of the assembly. */
export class Authorizer {
  readonly #place: Place;
  readonly #policies: AssemblyPolicies;
  readonly #refusals: Refusals;
  readonly #contexts = new WeakMap<Principal, Context>();

  constructor(place: Place, policies: AssemblyPolicies, refusals: Refusals) {
    this.#place = place;
    this.#policies = policies;
    this.#refusals = refusals;
  }

  /** Lets the caller do all of it. `context`: what the request as a whole carries. @throws AccessDenied, which is on record then */
  permit(principal: Principal, rights: readonly Right[], context: Context = {}): void {
    for (const right of rights) {
      const request = this.#requestOf(principal, right, context);
      const objection = request && this.#judge(principal, request);
      if (request === undefined || objection === undefined) continue;
      const message = sentence(principal, request, objection);
      this.#refusals.note(principal, request, message);
      throw new AccessDenied(message);
    }
  }

  #judge(principal: Principal, request: Request): Objection {
    const { roles, resources } = this.#policies;
    const assumes = request.action === 'sts:AssumeRole';
    return decide(principal, request, {
      identity: this.#identityOf(principal),
      resource: assumes ? roles.trust.get(request.resource) : resources.get(protectedBy(request.resource)),
      mustAgree: assumes || request.action.startsWith('kms:'),
    });
  }

  #identityOf(principal: Principal): readonly Statement[] {
    if (isService(principal)) return [];
    if (/:user\/[^/]+$/.test(principal.identityArn)) return ADMINISTRATOR;
    return this.#policies.roles.identity.get(nameOfRole(principal.identityArn)) ?? [];
  }

  /** Undefined where nothing is asked: AWS's own keys may be used by everybody of the account. */
  #requestOf(principal: Principal, { action, resource, context, via }: Right, ofCall: Context): Request | undefined {
    const { keys } = this.#policies;
    const isKey = action.startsWith('kms:');
    if (isKey && keys.isOfAService(resource)) return undefined;
    let caller = this.#contexts.get(principal);
    if (caller === undefined) {
      caller = principalContext(principal);
      this.#contexts.set(principal, caller);
    }
    const { region, account, urlSuffix } = this.#place;
    const resolved = isKey ? keys.arnOf(resource) : resource;
    return {
      action,
      resource: resolved,
      context: {
        // The loopback address stands for AWS's endpoints, which speak TLS only.
        'aws:securetransport': 'true',
        'aws:viaawsservice': via === undefined ? 'false' : 'true',
        'aws:requestedregion': region,
        'aws:resourceaccount': account,
        'aws:currenttime': new Date().toISOString(),
        'aws:epochtime': String(Math.floor(Date.now() / 1000)),
        ...(action.startsWith('s3:') && { 's3:resourceaccount': account }),
        ...(isKey && { 'kms:calleraccount': isService(principal) ? account : accountOf(principal.identityArn) }),
        ...(isKey && { 'kms:resourcealiases': keys.aliasesOf(resolved) }),
        ...(isKey && via !== undefined && { 'kms:viaservice': `${via}.${regionOf(resolved)}.${urlSuffix}` }),
        ...caller,
        ...ofCall,
        ...context,
      },
    };
  }
}

/** What has the policy: the bucket of an object, the function of a version. */
function protectedBy(resource: string): string {
  const [, , service] = resource.split(':', 3);
  if (service === 's3') return resource.split('/', 1)[0]!;
  if (service === 'lambda') return resource.split(':').slice(0, 7).join(':');
  return resource;
}

/** In AWS's words; S3 alone puts the resource in quotes. */
function sentence(principal: Principal, { action, resource }: Request, objection: string): string {
  const quoted = action.startsWith('s3:') ? `"${resource}"` : resource;
  return `User: ${nameOf(principal)} is not authorized to perform: ${action} on resource: ${quoted} ${objection}`;
}
