import { isRecord, type Report } from './checks.ts';

type States = Record<string, Record<string, unknown>>;

/** Reports where the flow of one scope breaks: a start or target that does not exist, no way on, states without a way in, no end. */
export function checkTransitions(startAt: unknown, states: States, path: string, report: Report): void {
  for (const [name, state] of Object.entries(states)) checkExit(state, `${path}/States/${name}`, report);
  const dangling = Object.entries(states).flatMap(([name, state]) =>
    targetsOf(state, `${path}/States/${name}`).filter(({ target }) => !Object.hasOwn(states, target)),
  );
  for (const { target, at } of dangling) report(at, `there is no state '${target}' in this scope`);
  if (typeof startAt !== 'string' || !Object.hasOwn(states, startAt)) {
    const missing =
      startAt === undefined ? 'missing: the name of the first state' : `there is no state '${startAt}' in this scope`;
    report(`${path}/StartAt`, missing);
    return;
  }

  const reached = reachableFrom(startAt, states);
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) report(`${path}/States/${name}`, 'no transition leads to this state');
  }
  const ends = (state: Record<string, unknown>) => state.End === true || state.Type === 'Succeed' || state.Type === 'Fail';
  if (![...reached].some((name) => ends(states[name]!)))
    report(`${path}/States`, 'no terminal state can be reached from StartAt');
}

function checkExit(state: Record<string, unknown>, path: string, report: Report): void {
  if (['Choice', 'Succeed', 'Fail'].includes(String(state.Type))) return;
  if (state.Next === undefined && state.End === undefined) report(path, 'missing Next (or "End": true)');
  if (state.Next !== undefined && state.End !== undefined) report(path, 'Next and End exclude each other');
}

/** The states that a state can go on to, each with the path of the field that says so. */
function targetsOf(state: Record<string, unknown>, path: string): { target: string; at: string }[] {
  const listed = (field: string) =>
    (Array.isArray(state[field]) ? state[field] : []).map((entry: unknown, index): [unknown, string] => [
      isRecord(entry) ? entry.Next : undefined,
      `${path}/${field}[${index}]/Next`,
    ]);
  const named: [unknown, string][] = [
    [state.Next, `${path}/Next`],
    [state.Default, `${path}/Default`],
    ...listed('Choices'),
    ...listed('Catch'),
  ];
  return named.flatMap(([target, at]) => (typeof target === 'string' ? [{ target, at }] : []));
}

function reachableFrom(start: string, states: States): Set<string> {
  const reached = new Set([start]);
  for (const name of reached) {
    for (const { target } of targetsOf(states[name]!, '')) if (Object.hasOwn(states, target)) reached.add(target);
  }
  return reached;
}
