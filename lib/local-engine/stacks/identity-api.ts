import type { Place } from '../assembly/place.ts';
import { hexOf } from '../assembly/resource-types.ts';
import { unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import { type Identity, nameOf, nameOfRole, type Principal, sessionOf } from '../policies/principal.ts';
import type { Principals } from '../principals.ts';
import { ServiceError } from '../service-error.ts';

const ASSUME_ROLE = ['Action', 'Version', 'RoleArn', 'RoleSessionName', 'DurationSeconds', 'ExternalId'];
const SHORTEST_SECONDS = 900;
const DEFAULT_SECONDS = 3600;
/** A session that makes another one, and a role that says nothing about it, end here. */
const HOUR = 3600;

/** STS: who signed the request, and credentials to act as a role for a while. `longest`: of each role by its ARN, in seconds. */
export function identityApi(place: Place, principals: Principals, longest: ReadonlyMap<string, number>): Call {
  return async (action, parameters, { principal }) => {
    switch (action) {
      case 'GetCallerIdentity':
        return { Arn: nameOf(principal), UserId: userIdOf(principal), Account: place.account };
      case 'AssumeRole': {
        const { session, seconds } = readRequest(parameters, principal, longest);
        const { accessKeyId, secretAccessKey, sessionToken, expiration } = principals.session(session, seconds);
        return {
          Credentials: {
            AccessKeyId: accessKeyId,
            SecretAccessKey: secretAccessKey,
            SessionToken: sessionToken,
            Expiration: expiration,
          },
          AssumedRoleUser: { AssumedRoleId: userIdOf(session), Arn: session.arn },
        };
      }
      default:
        throw unknownAction('STS', action);
    }
  };
}

function readRequest(
  parameters: Record<string, unknown>,
  principal: Principal,
  longest: ReadonlyMap<string, number>,
): { session: Identity; seconds: number } {
  const unknown = Object.keys(parameters).filter((name) => !ASSUME_ROLE.includes(name));
  if (unknown.length > 0) throw invalid(`The engine does not know ${unknown.join(', ')} of AssumeRole`);
  const { RoleArn: roleArn, RoleSessionName: name, DurationSeconds: wanted } = parameters;
  if (typeof name !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(name)) throw invalid('RoleSessionName needs 2 to 64 of \\w+=,.@-');
  const session = sessionOf(String(roleArn), name);
  const chained = nameOf(principal).includes(':assumed-role/');
  const most = chained ? HOUR : (longest.get(session.identityArn) ?? HOUR);
  const seconds = wanted === undefined ? Math.min(DEFAULT_SECONDS, most) : Number(wanted);
  if (!Number.isInteger(seconds) || seconds < SHORTEST_SECONDS || seconds > most) {
    throw invalid(`DurationSeconds must be ${SHORTEST_SECONDS} to ${most} for this role`);
  }
  return { session, seconds };
}

/** A made-up but stable id, for a session with its name. */
function userIdOf(principal: Principal): string {
  const name = nameOf(principal);
  const [, session] = /:assumed-role\/[^/]+\/(.+)$/.exec(name) ?? [];
  const { identityArn } = principal as Identity;
  const id = hexOf(nameOfRole(identityArn), 17).toUpperCase();
  return session === undefined ? `AIDA${id}` : `AROA${id}:${session}`;
}

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationError', message);
}
