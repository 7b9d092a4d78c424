import * as z from 'zod';
import { type ErrorName, errorOfDocumentExit, isErrorName, NamedError } from '../contract/errors.ts';
import { HOST_RESULTS, hostFailure } from '../contract/host-results.ts';
import { agent } from './handler.ts';

const invocationSchema = z.object({
  status: z.enum(['Success', 'Failed', 'TimedOut', 'Cancelled']),
  statusDetails: z.string(),
  responseCode: z.number().int(),
  stdout: z.string(),
  stderr: z.string(),
});
export type Invocation = z.infer<typeof invocationSchema>;

const inputSchema = z.object({
  document: z.enum(Object.keys(HOST_RESULTS) as [keyof typeof HOST_RESULTS]),
  invocation: invocationSchema,
});

/** SSM cuts stdout at 24,000 characters, so a longer result arrives garbled. */
const TAIL = 1200;

/** What SSM's other ends mean; `Failed` alone says that the script ran to its own end. */
const DETAILS: Record<string, ErrorName> = {
  TimedOut: 'CommandTimedOut',
  ExecutionTimedOut: 'CommandTimedOut',
  Cancelled: 'CommandCancelled',
  DeliveryTimedOut: 'CommandUndeliverable',
  Undeliverable: 'CommandUndeliverable',
  Terminated: 'CommandUndeliverable',
  InvalidPlatform: 'CommandUndeliverable',
  AccessDenied: 'CommandUndeliverable',
};

/**
 * The result of a host document, checked against its schema. Only `Success` is success.
 * @throws NamedError: the name its exit status or end stands for; ResultMissing and ResultInvalid when it ended well but said nothing usable.
 */
export function readResult({ document, invocation }: z.infer<typeof inputSchema>): unknown {
  const { status, statusDetails, stdout, stderr } = invocation;
  if (status !== 'Success') throw failureOf(document, invocation);
  const lines = nonEmptyLines(stdout);
  if (lines.length === 0)
    throw new NamedError('ResultMissing', `${document} ended with ${statusDetails} but said nothing. ${tail(stderr)}`);
  if (lines.length > 1)
    throw new NamedError('ResultInvalid', `${document} said ${lines.length} lines instead of one: ${tail(stdout)}`);
  const parsed = HOST_RESULTS[document].safeParse(parseJson(lines[0]!));
  if (!parsed.success) {
    throw new NamedError('ResultInvalid', `${document} said what its schema does not allow: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

function failureOf(document: string, { status, statusDetails, responseCode, stdout, stderr }: Invocation): NamedError {
  const ended = DETAILS[statusDetails] ?? (status === 'Failed' ? undefined : DETAILS[status]);
  if (ended) return new NamedError(ended, `${document} ended with ${statusDetails}. ${tail(stderr)}`);
  const said = hostFailure.safeParse(parseJson(nonEmptyLines(stdout).at(-1) ?? ''));
  const message = said.success ? said.data.error.message : `${document} ended with status ${responseCode}. ${tail(stderr)}`;
  const name = errorOfDocumentExit(responseCode);
  if (name) return new NamedError(name, message);
  // The exit status was lost on the way, the name was not.
  if (said.success && isErrorName(said.data.error.name)) return new NamedError(said.data.error.name, message);
  return new NamedError('CommandFailed', message);
}

function nonEmptyLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tail(text: string): string {
  return text.trim().slice(-TAIL);
}

export const handler = agent(inputSchema, readResult);
