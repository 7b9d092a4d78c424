import { ServiceError } from '../service-error.ts';

const STATUS: Record<string, number> = {
  AccessDenied: 403,
  BadDigest: 400,
  ConditionalRequestConflict: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidObjectState: 403,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidTag: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedTrailerError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  NotModified: 304,
  ObjectLockConfigurationNotFoundError: 404,
  PermanentRedirect: 301,
  PreconditionFailed: 412,
  ReplicationConfigurationNotFoundError: 404,
  RestoreAlreadyInProgress: 409,
  XAmzContentSHA256Mismatch: 400,
};

/** A refusal as S3 words it; `details` become further elements of the error document. */
export class S3Error extends ServiceError {
  readonly details: Record<string, string>;
  readonly headers: Record<string, string>;

  constructor(code: string, message: string, details: Record<string, string> = {}, headers: Record<string, string> = {}) {
    super(code, message, STATUS[code] ?? 400);
    this.details = details;
    this.headers = headers;
  }
}

/** What the client wanted is a part of S3 that this server does not have: said aloud, never answered with a silent 200. */
export function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', `${what} is not implemented.`);
}
