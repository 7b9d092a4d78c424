import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../service-error.ts';
import type { Caller } from '../signature.ts';
import { BUCKET_ACTIONS, chooseAction, OBJECT_ACTIONS } from './actions.ts';
import type { Target } from './call.ts';

/** What is known of a request that pointed at a bucket, once it has been answered. */
export interface RequestRecord {
  id: string;
  at: Date;
  milliseconds: number;
  /** S3's name of the action; undefined where the request means none that there is. */
  action: string | undefined;
  bucket: string;
  key: string | undefined;
  query: ReadonlyMap<string, string>;
  method: string;
  url: string;
  caller: Caller;
  /** Whether the signature came in the URL. */
  presigned: boolean;
  status: number;
  errorCode: string | undefined;
  errorMessage: string | undefined;
  bytesIn: number;
  bytesOut: number;
  objectSize: number | undefined;
  headers: ReadonlyMap<string, string>;
}

/** Puts together what loggers and trails may want to know. */
export function recordOf(facts: {
  id: string;
  begun: Date;
  ended: Date;
  request: IncomingMessage;
  response: ServerResponse;
  caller: Caller;
  target: Target & { bucket: string };
  error: unknown;
}): RequestRecord {
  const { id, begun, ended, request, response, caller, target, error } = facts;
  const { bucket, key, query, headers } = target;
  const method = request.method ?? 'GET';
  const known = error instanceof ServiceError ? error : undefined;
  const sent = method === 'HEAD' ? 0 : Number(response.getHeader('content-length') ?? 0);
  const received = Number(headers.get('x-amz-decoded-content-length') ?? headers.get('content-length') ?? 0);
  const whole = /\/(\d+)$/.exec(String(response.getHeader('content-range') ?? ''))?.[1];
  const read = ['GET', 'HEAD'].includes(method) && key !== undefined && known === undefined;
  return {
    id,
    at: begun,
    milliseconds: ended.getTime() - begun.getTime(),
    action: actionOf(method, target),
    bucket,
    key,
    query,
    method,
    url: request.url ?? '/',
    caller,
    presigned: request.headers.authorization === undefined,
    status: response.statusCode,
    errorCode: error === undefined ? undefined : (known?.code ?? 'InternalError'),
    errorMessage: known?.message,
    bytesIn: received,
    bytesOut: sent,
    objectSize: read ? Number(whole ?? response.getHeader('content-length') ?? 0) : received || undefined,
    headers,
  };
}

function actionOf(method: string, target: Target): string | undefined {
  try {
    return chooseAction<{ name: string; method: string }>(
      target.key === undefined ? BUCKET_ACTIONS : OBJECT_ACTIONS,
      method,
      target,
    ).name;
  } catch {
    return undefined;
  }
}
