import { jsonResponse, restService } from '../front/rest-protocol.ts';
import type { Service } from '../front/service.ts';
import { ServiceError } from '../service-error.ts';
import type { Functions } from './functions.ts';

/** The Lambda API: `POST /2015-03-31/functions/NAME/invocations`, waiting for the result or (`Event`) not. */
export function invokeService(functions: Functions): Service {
  return restService(async ({ method, path: [version, collection, name, action, ...deeper], headers, body }) => {
    const known = version === '2015-03-31' && collection === 'functions' && action === 'invocations' && deeper.length === 0;
    if (method !== 'POST' || !known || name === undefined) {
      throw new ServiceError(
        'UnknownOperationException',
        `The engine does not carry out Lambda ${method} ${collection}/${action}`,
        501,
      );
    }
    if (headers['x-amz-log-type'] === 'Tail')
      throw new ServiceError('InvalidParameterValueException', 'The engine gives no log tail');
    const payload = body.length === 0 ? '{}' : body.toString('utf8');
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type === 'Event') {
      functions.check(name, payload);
      // What goes wrong from here on is in the function's log, as on AWS.
      void functions.invoke(name, payload).catch(() => {});
      return { status: 202, headers: {}, body: '' };
    }
    if (type !== 'RequestResponse')
      throw new ServiceError('InvalidParameterValueException', `Unknown invocation type ${String(type)}`);
    const outcome = await functions.invoke(name, payload);
    const answer = 'error' in outcome ? jsonResponse(200, outcome.error) : { ...jsonResponse(200, null), body: outcome.result };
    const failed: Record<string, string> = 'error' in outcome ? { 'x-amz-function-error': 'Unhandled' } : {};
    return { ...answer, headers: { ...answer.headers, 'x-amz-executed-version': '$LATEST', ...failed } };
  });
}
