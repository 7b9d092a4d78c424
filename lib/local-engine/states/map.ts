import { runChildren } from './children.ts';
import { StateFailure } from './errors.ts';
import type { MapState } from './machine.ts';
import { withRetryAndCatch } from './retry-and-catch.ts';
import { type Step, type Visit, wholeNumber } from './visit.ts';

/** How many iterations of an inline Map run at once when MaxConcurrency is 0 or left out. */
const MOST_ITERATIONS = 40;

/** Runs the processor once per item (the input when there is no Items) and collects the outputs in the order of the items. */
export function map(visit: Visit, state: MapState): Promise<Step> {
  return withRetryAndCatch(visit, state, async () => {
    const result = await attemptMap(visit, state);
    return visit.leave(state, { fallback: result, next: state.Next, extra: { result } });
  });
}

async function attemptMap(visit: Visit, state: MapState): Promise<unknown[]> {
  const items =
    state.Items === undefined
      ? inputItems(visit)
      : await visit.evaluateTo(state.Items, 'Items', 'an array', (value) => Array.isArray(value));
  const concurrency = await visit.evaluateTo(state.MaxConcurrency ?? 0, 'MaxConcurrency', ...wholeNumber(0));
  const iterations = [];
  for (const [Index, Value] of items.entries())
    iterations.push({ Index, Value, input: await inputOf(visit, state, Index, Value) });

  visit.append('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
  const children = iterations.map(({ Index, Value, input }) => ({
    graph: state.ItemProcessor,
    input,
    mapItem: { Index, Value },
    event: (moment: string): [string, Record<`${string}EventDetails`, Record<string, unknown>>] => [
      `MapIteration${moment}`,
      { [`mapIteration${moment}EventDetails`]: { name: visit.name, index: Index } },
    ],
  }));
  try {
    const outputs = await runChildren(
      visit,
      children,
      concurrency === 0 ? MOST_ITERATIONS : Math.min(concurrency, MOST_ITERATIONS),
    );
    visit.jsonWithinLimit(outputs, 'result');
    visit.append('MapStateSucceeded');
    return outputs;
  } catch (thrown) {
    if (thrown instanceof StateFailure && !visit.thread.execution.history.full) visit.append('MapStateFailed');
    throw thrown;
  }
}

function inputItems(visit: Visit): unknown[] {
  if (Array.isArray(visit.input)) return visit.input;
  throw visit.failure('States.QueryEvaluationError', "Without the field 'Items' the input of a Map state must be an array.");
}

async function inputOf(visit: Visit, { ItemSelector }: MapState, Index: number, Value: unknown): Promise<unknown> {
  const context = { ...visit.context, Map: { Item: { Index, Value } } };
  const input = ItemSelector === undefined ? Value : await visit.evaluate(ItemSelector, 'ItemSelector', {}, context);
  visit.jsonWithinLimit(input, `input of iteration ${Index}`);
  return input;
}
