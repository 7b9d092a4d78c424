import { Aborted, StateFailure } from './errors.ts';
import type { EventDetails } from './history.ts';
import type { StateGraph } from './machine.ts';
import type { Thread, Visit } from './visit.ts';

/** One branch of a Parallel state or one iteration of a Map. */
export interface Child {
  graph: StateGraph;
  input: unknown;
  mapItem?: Thread['mapItem'];
  /** The event of a moment in the child's life; a branch has none. */
  event?(moment: 'Started' | 'Succeeded' | 'Failed' | 'Aborted'): [type: string, details: EventDetails];
}

/**
 * Runs children, at most `concurrency` at a time and started in order, and returns their outputs in that order. The first that
 * fails stops its siblings and keeps those that wait from starting; its failure is thrown when all have come to rest.
 */
export async function runChildren(visit: Visit, children: Child[], concurrency: number): Promise<unknown[]> {
  const parent = visit.thread;
  const startedBy = parent.lastEventId;
  const siblings = new AbortController();
  const signal = AbortSignal.any([parent.signal, siblings.signal]);
  const outputs: unknown[] = new Array(children.length);
  let waiting = 0;
  let failed: { thread: Thread; thrown: unknown } | undefined;

  const worker = async () => {
    while (waiting < children.length && !signal.aborted) {
      const index = waiting++;
      const child = children[index]!;
      const thread: Thread = { ...parent, lastEventId: startedBy, signal, mapItem: child.mapItem ?? parent.mapItem };
      try {
        outputs[index] = await runChild(child, thread);
        parent.lastEventId = thread.lastEventId;
      } catch (thrown) {
        if (thrown instanceof Aborted) continue;
        failed ??= { thread, thrown };
        siblings.abort(new Aborted('a sibling failed'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, children.length) }, worker));

  if (failed !== undefined) {
    parent.lastEventId = failed.thread.lastEventId;
    throw failed.thrown;
  }
  parent.signal.throwIfAborted();
  return outputs;
}

async function runChild(child: Child, thread: Thread): Promise<unknown> {
  const { execution } = thread;
  const note = (moment: 'Started' | 'Succeeded' | 'Failed' | 'Aborted') => {
    if (child.event)
      thread.lastEventId = execution.history.append(child.event(moment)[0], thread.lastEventId, child.event(moment)[1]);
  };
  try {
    note('Started');
    // All children that may start at once do so before the first of them enters a state, as on AWS.
    await Promise.resolve();
    const output = await execution.runGraph(child.graph, child.input, thread);
    note('Succeeded');
    return output;
  } catch (thrown) {
    if (!execution.history.full && thrown instanceof StateFailure) note('Failed');
    // Of an execution that is stopped as a whole AWS records nothing but its end.
    if (!execution.history.full && thrown instanceof Aborted && !execution.signal.aborted) note('Aborted');
    throw thrown;
  }
}
