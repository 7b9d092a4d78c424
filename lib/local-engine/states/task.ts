import { StateFailure, TaskFailure } from './errors.ts';
import { failureDetails } from './history.ts';
import type { TaskState } from './machine.ts';
import { withRetryAndCatch } from './retry-and-catch.ts';
import { abandonOnAbort, deadline } from './timers.ts';
import { type Step, type Visit, wholeNumber } from './visit.ts';

/** Hands the arguments (the input when there are none) to the engine and waits for its answer, at most for TimeoutSeconds. */
export function task(visit: Visit, state: TaskState): Promise<Step> {
  return withRetryAndCatch(visit, state, async () => {
    const result = await attemptTask(visit, state);
    return visit.leave(state, { fallback: result, next: state.Next, extra: { result } });
  });
}

async function attemptTask(visit: Visit, { Resource, Arguments, TimeoutSeconds }: TaskState): Promise<unknown> {
  const args = Arguments === undefined ? visit.input : await visit.evaluate(Arguments, 'Arguments');
  const parameters = visit.jsonWithinLimit(args, 'arguments');
  const seconds =
    TimeoutSeconds === undefined ? undefined : await visit.evaluateTo(TimeoutSeconds, 'TimeoutSeconds', ...wholeNumber(1));
  const { execution, signal } = visit.thread;
  signal.throwIfAborted();
  const of = integrationOf(Resource);
  const region = execution.context.Execution.Id.split(':')[3] ?? '';
  visit.append('TaskScheduled', {
    taskScheduledEventDetails: { ...of, region, parameters, ...(seconds !== undefined && { timeoutInSeconds: seconds }) },
  });
  visit.append('TaskStarted', { taskStartedEventDetails: of });

  const limit = deadline(execution.timers, seconds, signal);
  try {
    const call = { resource: Resource, arguments: args, context: visit.context, stateName: visit.name, signal: limit.signal };
    const answer = await abandonOnAbort(
      ask(() => execution.performTask(call)),
      limit.signal,
    );
    const output = visit.jsonWithinLimit(answer ?? null, 'result');
    visit.append('TaskSucceeded', { taskSucceededEventDetails: { ...of, output } });
    return JSON.parse(output);
  } catch (thrown) {
    if (limit.expired() && !signal.aborted) {
      visit.append('TaskTimedOut', { taskTimedOutEventDetails: { ...of, error: 'States.Timeout' } });
      throw new StateFailure('States.Timeout', '');
    }
    if (thrown instanceof StateFailure)
      visit.append('TaskFailed', { taskFailedEventDetails: { ...of, ...failureDetails(thrown) } });
    throw thrown;
  } finally {
    limit.clear();
  }
}

/** A failure of the work has a name; anything else is a fault of the engine, which nothing may catch. */
async function ask(perform: () => Promise<unknown>): Promise<unknown> {
  try {
    return await perform();
  } catch (thrown) {
    if (thrown instanceof TaskFailure) throw thrown;
    throw new StateFailure('States.Runtime', `The engine could not perform the task: ${String(thrown)}`);
  }
}

/** `arn:aws:states:::aws-sdk:ssm:sendCommand` as events name it: resourceType `aws-sdk:ssm`, resource `sendCommand`. */
function integrationOf(arn: string): { resourceType: string; resource: string } {
  const [, , service = '', , , ...rest] = arn.split(':');
  if (service !== 'states') return { resourceType: service, resource: arn };
  const words = rest[0] === 'aws-sdk' ? 2 : 1;
  return { resourceType: rest.slice(0, words).join(':'), resource: rest.slice(words).join(':') };
}
