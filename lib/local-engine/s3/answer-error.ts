import type { ServerResponse } from 'node:http';
import { ServiceError } from '../service-error.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** Answers with any error; what is not a refusal of ours becomes a 500 `InternalError` that keeps its message. */
export function answerError(response: ServerResponse, error: unknown, resource: string, requestId: string, method: string): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    // The status line is out: only a broken connection can still tell the client that the rest is missing.
    response.destroy();
    return;
  }
  const known = error instanceof ServiceError ? error : undefined;
  const code = known?.code ?? 'InternalError';
  const message = error instanceof Error ? error.message : String(error);
  const { details, headers } = error instanceof S3Error ? error : { details: {}, headers: {} };
  response.statusCode = known?.status ?? 500;
  response.removeHeader('content-length');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (method === 'HEAD' || response.statusCode === 304) {
    response.end();
    return;
  }
  response.setHeader('content-type', 'application/xml');
  const document = xmlDocument(
    'Error',
    { Code: code, Message: message, ...details, Resource: resource, RequestId: requestId },
    '',
  );
  response.setHeader('content-length', Buffer.byteLength(document));
  response.end(document);
}
