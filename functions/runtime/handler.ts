import * as z from 'zod';
import { errorOfService, isErrorName, LONGEST_MESSAGE, NamedError } from '../contract/errors.ts';
import { log } from './log.ts';

/** What a function uses of Lambda's context. */
export interface AgentContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/**
 * Makes a Lambda handler: parses the event, runs `work`, logs start and end.
 * @throws only errors of the table: ParameterInvalid when the event does not fit, the NamedError of `work`, else Unexpected.
 */
export function agent<Input, Output>(
  schema: z.ZodType<Input>,
  work: (input: Input, context: AgentContext) => Promise<Output> | Output,
): (event: unknown, context: AgentContext) => Promise<Output> {
  return async (event, context) => {
    const startedAt = Date.now();
    const execution = executionOf(event);
    log('info', 'started', { requestId: context?.awsRequestId, execution });
    try {
      const parsed = schema.safeParse(event);
      if (!parsed.success) throw new NamedError('ParameterInvalid', z.prettifyError(parsed.error));
      const output = await work(parsed.data, context);
      log('info', 'finished', { milliseconds: Date.now() - startedAt, execution });
      return output;
    } catch (error) {
      const named = nameOf(error);
      log('error', named.message, { name: named.name, execution, stack: error instanceof Error ? error.stack : undefined });
      throw named;
    }
  };
}

function nameOf(error: unknown): NamedError {
  if (error instanceof NamedError || (error instanceof Error && isErrorName(error.name))) {
    return new NamedError(error.name as NamedError['name'] & 'Unexpected', error.message.slice(0, LONGEST_MESSAGE));
  }
  const known = error instanceof Error ? errorOfService(error.name) : undefined;
  if (known) return new NamedError(known, (error as Error).message.slice(0, LONGEST_MESSAGE));
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new NamedError('Unexpected', text.slice(0, LONGEST_MESSAGE));
}

function executionOf(event: unknown): string | undefined {
  const arn = (event as { executionArn?: unknown } | null)?.executionArn;
  return typeof arn === 'string' ? arn : undefined;
}
