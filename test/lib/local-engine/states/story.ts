import type { HistoryEvent } from '../../../../lib/local-engine/states/history.ts';

/**
 * The states that each line of an execution entered, in order: `''` is the machine itself, `Pack[1]` an iteration of a Map,
 * `Fan out: Check stock` the branch of a Parallel that begins with Check stock; ` > ` leads to what is further inside.
 */
export type Story = Record<string, string[]>;

/** Tells the story of a history by nothing but `previousEventId`, as somebody does who reads it in the console. */
export function storyOf(events: readonly HistoryEvent[]): Story {
  const byId = new Map(events.map((event) => [event.id, event]));
  const story: Story = {};
  for (const event of events) {
    if (!event.type.endsWith('StateEntered')) continue;
    const line = lineOf(event, byId);
    story[line] = [...(story[line] ?? []), nameOf(event)];
  }
  return story;
}

/** Walks back to where the line of an event began. What lies between the end of a Map and its start is not on the way. */
function lineOf(event: HistoryEvent, byId: Map<number, HistoryEvent>): string {
  let first = nameOf(event);
  let inside = 0;
  for (let at = byId.get(event.previousEventId); at !== undefined; at = byId.get(at.previousEventId)) {
    if (/^(Map|Parallel)State(Succeeded|Failed)$/.test(at.type)) inside++;
    else if (/^(Map|Parallel)StateStarted$/.test(at.type) && inside > 0) inside--;
    else if (inside > 0) continue;
    else if (at.type === 'MapIterationStarted') {
      const { name, index } = at.mapIterationStartedEventDetails as { name: string; index: number };
      return join(lineOf(enteredBefore(at, byId), byId), `${name}[${index}]`);
    } else if (at.type === 'ParallelStateStarted') {
      const parallel = enteredBefore(at, byId);
      return join(lineOf(parallel, byId), `${nameOf(parallel)}: ${first}`);
    } else if (at.type.endsWith('StateEntered')) first = nameOf(at);
  }
  return '';
}

/** The StateEntered event of the Map or Parallel state in which an event lies, past the attempts that came before. */
function enteredBefore(event: HistoryEvent, byId: Map<number, HistoryEvent>): HistoryEvent {
  let at = event;
  let inside = 0;
  do {
    at = byId.get(at.previousEventId)!;
    if (/^(Map|Parallel)State(Succeeded|Failed)$/.test(at.type)) inside++;
    if (/^(Map|Parallel)StateStarted$/.test(at.type) && inside > 0) inside--;
  } while (inside > 0 || !/^(Map|Parallel)StateEntered$/.test(at.type));
  return at;
}

function nameOf(event: HistoryEvent): string {
  return (event.stateEnteredEventDetails as { name: string }).name;
}

function join(outer: string, inner: string): string {
  return outer === '' ? inner : `${outer} > ${inner}`;
}
