import { unknownAction } from '../front/json-protocol.ts';
import type { Call, Service, ServiceRequest } from '../front/service.ts';
import { AccessDenied } from './access-denied.ts';
import type { Permit, Right, RightsTable } from './right.ts';

/** How a service names a refusal by policies, where it differs from most. */
interface Wording {
  code: string;
  status: number;
}

/** Puts the check of every call's rights before a service that is called by the names of its actions. */
export function guarded(service: string, call: Call, rights: RightsTable, permit: Permit, wording?: Wording): Call {
  return async (action, parameters, caller) => {
    if (!Object.hasOwn(rights, action)) throw unknownAction(service, action);
    inItsWords(() => permit(caller.principal, rights[action]!(parameters), caller.context), wording);
    return call(action, parameters, caller);
  };
}

/** The same for a service whose actions are paths and methods. */
export function guardedPaths(service: Service, rights: (request: ServiceRequest) => Right[], permit: Permit): Service {
  return {
    ...service,
    answer: async (request) => {
      const { principal, context } = request.caller;
      inItsWords(() => permit(principal, rights(request), context), { code: 'AccessDeniedException', status: 403 });
      return service.answer(request);
    },
  };
}

function inItsWords(check: () => void, wording: Wording | undefined): void {
  try {
    check();
  } catch (error) {
    throw wording !== undefined && error instanceof AccessDenied ? error.as(wording.code, wording.status) : error;
  }
}
