import { ServiceError } from '../service-error.ts';
import type { Call, Service } from './service.ts';

/**
 * AWS JSON 1.0 and 1.1: the action is named in `x-amz-target` after the service's prefix, parameters and results are JSON documents,
 * times (Dates in results) are seconds since 1970.
 */
export function jsonService(options: { version: '1.0' | '1.1'; target: string; call: Call }): Service {
  const contentType = `application/x-amz-json-${options.version}`;
  return {
    async answer({ headers, body, caller }) {
      const [target, action] = String(headers['x-amz-target'] ?? '').split('.');
      if (target !== options.target || action === undefined) {
        throw new ServiceError('UnknownOperationException', `Unknown target ${String(headers['x-amz-target'])}`, 501);
      }
      const result = await options.call(action, parametersOf(body), caller);
      return { status: 200, headers: { 'content-type': contentType }, body: json(result ?? {}) };
    },
    failure: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': contentType, 'x-amzn-errortype': code },
      body: JSON.stringify({ __type: code, message }),
    }),
  };
}

/** What a service says to an action that it does not carry out. */
export function unknownAction(service: string, action: string): ServiceError {
  return new ServiceError('UnknownOperationException', `The engine does not carry out ${service} ${action}`, 501);
}

/** Refuses the parameters of an action that the engine would ignore. @throws ServiceError ValidationException */
export function refuseUnknownParameters(action: string, parameters: Record<string, unknown>, known: string[]): void {
  const unknown = Object.keys(parameters).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new ServiceError('ValidationException', `The engine does not know ${unknown.join(', ')} of ${action}`);
}

/** JSON in which a Date is a number of seconds. */
function json(document: unknown): string {
  return JSON.stringify(document, function (this: Record<string, unknown>, name: string, value: unknown) {
    const original = this[name];
    return original instanceof Date ? original.getTime() / 1000 : value;
  });
}

function parametersOf(body: Buffer): Record<string, unknown> {
  const text = body.toString('utf8');
  if (text === '') return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new ServiceError('SerializationException', 'The request is not a JSON document');
  }
}
