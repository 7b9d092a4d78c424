import type { Place } from '../assembly/place.ts';
import { unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';

/** STS GetCallerIdentity: who signed the request. */
export function identityApi(place: Place): Call {
  return async (action, _parameters, { principalArn, accessKeyId }) => {
    if (action !== 'GetCallerIdentity') throw unknownAction('STS', action);
    return { Arn: principalArn, UserId: accessKeyId, Account: place.account };
  };
}
