import { afterAll, beforeAll, type MockInstance, vi } from 'vitest';

/** For a test file that provokes refusals by an engine in its own process: keeps their lines on stderr from the output of the tests. */
export function quietEngine(): void {
  let spy: MockInstance | undefined;
  beforeAll(() => {
    spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterAll(() => spy?.mockRestore());
}
