import type { Proof } from '../contract/proof.ts';
import type { PlanItem, PlanProblem, RestoreOutcome } from '../contract/restore.ts';

/** What a restore costs beside moving bytes: commands on the host, comparing, stopping and starting writers (measured). */
const SECONDS_PER_ITEM = 3;
const SECONDS_IN_ALL = 5;

export interface Estimate {
  readonly etaSeconds: number | null;
  readonly etaFrom: string;
}

/**
 * How long it will take, from what was measured: the same source in an earlier restore, else the point's last proof, both scaled by
 * bytes. `proof.bytes`: stored bytes of the whole point, which its proof restored. `safetySeconds`: what a safety point takes before.
 */
export function estimate(
  items: readonly PlanItem[],
  earlier: readonly RestoreOutcome[],
  bytesOf: (outcome: RestoreOutcome, item: string) => number,
  proof: { proof: Proof; bytes: number } | null,
  safetySeconds: number,
): Estimate {
  const origins = new Set<string>();
  let seconds = SECONDS_IN_ALL + safetySeconds;
  for (const item of items) {
    const measured = earlier.toReversed().flatMap((outcome) => {
      const step = outcome.steps.find(({ source, kind, state }) => {
        return source === item.source && kind === item.kind && state === 'swapped';
      });
      return step ? [{ outcome, step }] : [];
    })[0];
    const bytes = measured ? bytesOf(measured.outcome, measured.step.item) : 0;
    if (measured && bytes > 0) {
      origins.add(`the restore of ${measured.outcome.at}`);
      seconds += Math.max(measured.step.seconds * (item.bytes / bytes), SECONDS_PER_ITEM);
    } else if (proof && proof.bytes > 0) {
      origins.add(`the point's proof of ${proof.proof.finishedAt}`);
      seconds += proof.proof.restoreSeconds * (item.bytes / proof.bytes) + SECONDS_PER_ITEM;
    } else {
      return { etaSeconds: null, etaFrom: 'nothing was measured yet' };
    }
  }
  return { etaSeconds: Math.ceil(seconds), etaFrom: `measured in ${[...origins].join(' and ')}` };
}

/** Two numbers of free bytes within this share are the same file system, asked twice. */
const SAME_FILE_SYSTEM = 0.01;

/** Everything that is made before anything goes must fit at once. Items on one file system are told apart from others by what is free there. */
export function spaceProblems(items: readonly PlanItem[]): PlanProblem[] {
  return items.flatMap(({ label, freeBytes, needBytes }) => {
    if (freeBytes === null || needBytes === 0) return [];
    const together = items.filter((other) => {
      return other.freeBytes !== null && Math.abs(other.freeBytes - freeBytes) <= freeBytes * SAME_FILE_SYSTEM;
    });
    const need = together.reduce((sum, other) => sum + other.needBytes, 0);
    if (need <= freeBytes) return [];
    const message =
      `${megabytes(need)} MB are needed for the new, and ${megabytes(freeBytes)} MB are free` +
      `${together.length > 1 ? ` (for ${together.map((other) => other.label).join(', ')} together)` : ''}.`;
    return [{ path: label, value: 'SpaceMissing', message }];
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
