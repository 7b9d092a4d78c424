import type { Script } from '../scripted-run.ts';
import type { Story } from '../story.ts';

/** A machine about something this project has nothing to do with, and what AWS's documentation says becomes of it. */
export interface ForeignMachine extends Script {
  title: string;
  expected: { output: unknown } | { status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; error: string; cause?: string };
  story: Story;
  /** How long it takes, in seconds. */
  seconds: number;
}

export const LAMBDA = 'arn:aws:states:::lambda:invoke';
