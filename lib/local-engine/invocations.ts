import type { Activity } from './activity.ts';
import { hexOf } from './assembly/resource-types.ts';
import type { Invocation } from './events/rules.ts';
import type { JsonLines } from './json-lines.ts';
import type { Functions } from './lambda/functions.ts';
import { isPermitted } from './policies/is-permitted.ts';
import type { Permit, Right } from './policies/right.ts';
import { ServiceError } from './service-error.ts';
import type { Topics } from './sns/topics.ts';
import type { Executions } from './states-service/executions.ts';

/** What rules and schedules can set going. */
export interface Targets {
  executions: () => Executions;
  functions: Functions;
  topics: Topics;
  activity: Activity;
  permit: Permit;
  /** What it takes to set the target with this ARN going. */
  rightsOf: (arn: string) => Right[];
  /** Where invocations that failed are noted, because nobody waits for their answer. */
  undelivered: JsonLines;
}

/** Whether something with this ARN can be set going. */
export function isTarget({ executions, functions, topics }: Targets, arn: string): boolean {
  return (
    executions()
      .machines()
      .some((machine) => machine.arn === arn) ||
    functions.has(arn) ||
    topics.has(arn)
  );
}

/**
 * Sets a target going. An execution gets its name from the occasion, so that the same occasion, told twice, starts one execution.
 * Never rejects: what could not be delivered is noted in a file and on stderr.
 */
export function invoke(targets: Targets, invocation: Invocation): Promise<void> {
  return targets.activity.during(async () => {
    try {
      await perform(targets, invocation);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const { arn, input, id } = invocation;
      const queueArn = deadLetterQueue(targets, invocation);
      targets.undelivered.append({ at: new Date().toISOString(), arn, input, id, message, ...(queueArn && { queueArn }) });
      process.stderr.write(`local engine: ${invocation.arn} could not be invoked: ${message}\n`);
    }
  });
}

/** The queue that takes what could not be delivered, if it may be put there; otherwise AWS would lose it. */
function deadLetterQueue({ permit }: Targets, { deadLetters }: Invocation): string | undefined {
  if (deadLetters === undefined) return undefined;
  const { queueArn, by } = deadLetters;
  return isPermitted(permit, by, [{ action: 'sqs:SendMessage', resource: queueArn }]) ? queueArn : undefined;
}

async function perform(
  { executions, functions, topics, permit, rightsOf }: Targets,
  { arn, input, id, by }: Invocation,
): Promise<void> {
  permit(by, rightsOf(arn));
  if (functions.has(arn)) {
    const outcome = await functions.invoke(arn, input);
    if ('error' in outcome) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  } else if (topics.has(arn)) {
    topics.publish({ TopicArn: arn, Message: input });
  } else {
    try {
      executions().start(arn, input, hexOf(id, 32));
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === 'ExecutionAlreadyExists')) throw error;
    }
  }
}
