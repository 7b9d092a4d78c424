const DAY = 86_400_000;
/** A timer of a whole day is late by as long as the machine slept; a look a minute costs nothing. */
const LOOK_MILLISECONDS = 60_000;

/** Calls `work` once on each UTC day that begins from now on, until the returned function is called. Keeps no process alive. */
export function onEachDay(work: () => void, { clock = () => new Date(), lookMilliseconds = LOOK_MILLISECONDS } = {}): () => void {
  const today = (): number => Math.floor(clock().getTime() / DAY);
  let last = today();
  const timer = setInterval(() => {
    if (today() === last) return;
    last = today();
    work();
  }, lookMilliseconds);
  timer.unref();
  return () => clearInterval(timer);
}
