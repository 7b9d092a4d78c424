import * as z from 'zod';
import type { Problem } from './operator-error.ts';

/** What the cause of a failed execution tells. */
export interface Cause {
  message: string;
  id: string | null;
  proofId: string | null;
  /** One per source that failed. */
  problems: Problem[];
}

const ours = z.looseObject({
  id: z.string().nullish(),
  proofId: z.string().nullish(),
  message: z.string(),
  sources: z.array(z.looseObject({ label: z.string(), name: z.string(), message: z.string() })).nullish(),
});

/** What Step Functions writes when a child execution failed, and Lambda when a function did. */
const childFailure = z.looseObject({ Error: z.string().optional(), Cause: z.string() });
const functionFailure = z.looseObject({ errorMessage: z.string() });

/** Reads a cause: our own JSON, the description of a failed child or function around it, or plain text. */
export function readCause(text: string): Cause {
  const plain: Cause = { message: text, id: null, proofId: null, problems: [] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return plain;
  }
  const known = ours.safeParse(parsed);
  if (known.success) {
    const { id, proofId, message, sources } = known.data;
    const problems = (sources ?? []).map((source) => ({ path: source.label, value: source.name, message: source.message }));
    return { message, id: id ?? null, proofId: proofId ?? null, problems };
  }
  const child = childFailure.safeParse(parsed);
  if (child.success) return readCause(child.data.Cause);
  const failedFunction = functionFailure.safeParse(parsed);
  return failedFunction.success ? readCause(failedFunction.data.errorMessage) : plain;
}
