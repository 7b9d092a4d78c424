import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until the answer is true (or anything but false and undefined), and gives that answer back.
 * @throws Error naming `what` when the deadline (milliseconds) passes; what the last question threw is its cause.
 */
export async function until<Answer>(
  condition: () => Promise<Answer | false | undefined> | Answer | false | undefined,
  deadline: number,
  what: string,
): Promise<Answer> {
  const end = performance.now() + deadline;
  let cause: unknown;
  do {
    try {
      const answer = await condition();
      if (answer !== false && answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(25);
  } while (performance.now() < end);
  const because = cause instanceof Error ? `: ${cause.message}` : '';
  throw new Error(`After ${deadline / 1000} s still not so: ${what}${because}`, { cause });
}
