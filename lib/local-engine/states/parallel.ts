import { runChildren } from './children.ts';
import { StateFailure } from './errors.ts';
import type { ParallelState } from './machine.ts';
import { withRetryAndCatch } from './retry-and-catch.ts';
import type { Step, Visit } from './visit.ts';

/** Runs all branches at once on the same input (Arguments, otherwise the state's) and collects their outputs in order. */
export function parallel(visit: Visit, state: ParallelState): Promise<Step> {
  return withRetryAndCatch(visit, state, async () => {
    const result = await attemptParallel(visit, state);
    return visit.leave(state, { fallback: result, next: state.Next, extra: { result } });
  });
}

async function attemptParallel(visit: Visit, { Arguments, Branches }: ParallelState): Promise<unknown[]> {
  const input = Arguments === undefined ? visit.input : await visit.evaluate(Arguments, 'Arguments');
  visit.jsonWithinLimit(input, 'arguments');
  visit.append('ParallelStateStarted');
  const branches = Branches.map((graph) => ({ graph, input }));
  try {
    const outputs = await runChildren(visit, branches, branches.length);
    visit.jsonWithinLimit(outputs, 'result');
    visit.append('ParallelStateSucceeded');
    return outputs;
  } catch (thrown) {
    if (thrown instanceof StateFailure && !visit.thread.execution.history.full) visit.append('ParallelStateFailed');
    throw thrown;
  }
}
