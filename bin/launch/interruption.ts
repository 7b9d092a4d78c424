/** npm hands a terminal's Ctrl+C on to us although it reached us already; signals this close together are one. */
const SAME_MS = 300;

/**
 * The signal that the first SIGINT, SIGTERM or SIGHUP aborts. The second only says that cleaning up takes a moment; who presses a third
 * time wants to leave at once, and the next run takes over what is left.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  const interrupted = () => {
    const now = performance.now();
    if (now - last < SAME_MS) return;
    last = now;
    count += 1;
    if (count === 1) controller.abort(Object.assign(new Error('The command was interrupted.'), { name: 'Interrupted' }));
    if (count === 2) process.stderr.write('\nstill cleaning up; once more leaves at once\n');
    if (count === 3) process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  return controller.signal;
}
