import type { Service, ServiceRequest, ServiceResponse } from './service.ts';

/** AWS REST-JSON: the path and the method name the action, errors are named in a header. */
export function restService(answer: (request: ServiceRequest) => Promise<ServiceResponse>): Service {
  return {
    answer,
    failure: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body: JSON.stringify({ Type: 'User', Message: message, message }),
    }),
  };
}

export function jsonResponse(status: number, document: unknown): ServiceResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
}
