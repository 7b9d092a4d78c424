import type { Suite } from '../support/cli.ts';
import { command } from '../support/command.ts';
import { commandsBetween, type Span, secondsOf, spanNamed, statesOf, withEngine } from './history.ts';
import { median } from './report.ts';

/** A backup that ended well, and when it captured. */
export interface Capture {
  /** From the plan to the seal. */
  whole: Span;
  states: Span[];
  profile: string[];
}

/** Backs a suite up; what the machine wrote before is on the disk by then. @throws Error when the point is not proven */
export async function backup(suite: Suite, watch?: (pid: number) => () => void): Promise<string> {
  await command(['sync']);
  const running = await suite.start('backup');
  const stop = watch?.(running.pid);
  const { exitCode, json, stderr } = await running.done;
  stop?.();
  if (exitCode !== 0 || json.executionArn === null) throw new Error(`The backup ended with ${exitCode}:\n${stderr}`);
  return json.executionArn;
}

/** What the engine of the suite's home knows about these backups. */
export async function capturesOf(suite: Suite, executions: readonly string[]): Promise<Capture[]> {
  return withEngine(suite.home, async (engine) => {
    const captures: Capture[] = [];
    for (const arn of executions) {
      const states = await statesOf(engine, arn);
      const [plan, seal] = [spanNamed(states, 'Plan the recovery point'), spanNamed(states, 'Seal the recovery point')];
      const whole = { name: 'from the plan to the seal', from: plan.from, to: seal.to };
      const commands = await commandsBetween(engine, whole.from, whole.to);
      const within = states.filter(({ from, to }) => from >= whole.from && to <= whole.to && to > from);
      captures.push({ whole, states, profile: [whole, ...within, ...commands].map(asLine) });
    }
    return captures;
  });
}

/** The median of some seconds of each capture, and the profile of the one that is nearest to it. */
export function typical(
  captures: readonly Capture[],
  seconds: (capture: Capture) => number,
): { seconds: number; profile: string[] } {
  const middle = median(captures.map(seconds));
  const distance = (capture: Capture) => Math.abs(seconds(capture) - middle);
  const nearest = captures.reduce((best, capture) => (distance(capture) < distance(best) ? capture : best));
  return { seconds: middle, profile: nearest.profile };
}

function asLine(span: Span): string {
  return `${secondsOf(span).toFixed(2).padStart(8)} s  ${span.name}`;
}
