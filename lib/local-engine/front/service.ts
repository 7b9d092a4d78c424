import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../signature.ts';

/** A whole request to a service other than S3, after its signature was checked. */
export interface ServiceRequest {
  method: string;
  /** The decoded segments of the path: `/schedules/daily` is `['schedules', 'daily']`. */
  path: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  caller: Caller;
}

export interface ServiceResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A service as the front sees it: it answers requests and puts errors in the form its clients read. */
export interface Service {
  answer: (request: ServiceRequest) => Promise<ServiceResponse>;
  failure: (error: ServiceErrorLike) => ServiceResponse;
}

/** What a client is told of an error. */
export interface ServiceErrorLike {
  code: string;
  message: string;
  status: number;
}

/** What a service does when it is called with an action's name and its parameters. */
export type Call = (action: string, parameters: Record<string, unknown>, caller: Caller) => Promise<unknown>;
