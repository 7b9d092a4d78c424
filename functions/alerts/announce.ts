import * as z from 'zod';
import { ERRORS, isErrorName } from '../contract/errors.ts';
import { agent } from '../runtime/handler.ts';
import { fitting, publish } from './topic.ts';

const inputSchema = z.object({
  suite: z.string(),
  workflow: z.string(),
  executionArn: z.string(),
  id: z.string().nullable(),
  /** Of the error; null when the run did what it was to do, which is told too when it changed the suite. */
  name: z.string().nullable(),
  message: z.string(),
  sources: z.array(z.object({ label: z.string(), name: z.string(), message: z.string() })),
});
export type Announcement = z.infer<typeof inputSchema>;

export function subjectOf({ suite, workflow, id, name }: Announcement): string {
  return fitting(`${suite}: ${workflow} ${name === null ? 'done' : `failed: ${name}`}${id ? ` (${id})` : ''}`);
}

export function textOf({ suite, workflow, executionArn, id, name, message, sources }: Announcement): string {
  const about = [...(id ? [`Recovery point: ${id}`] : []), `Execution: ${executionArn}`];
  if (name === null) return [`The workflow ${workflow} of ${suite} is done.`, '', message, '', ...about].join('\n');
  const lines = [
    `The workflow ${workflow} of ${suite} failed: ${name}`,
    '',
    message,
    ...(sources.length
      ? ['', 'Sources:', ...sources.map((source) => `  ${source.label}: ${source.name}: ${source.message}`)]
      : []),
    '',
    ...(isErrorName(name) ? [`What to do: ${ERRORS[name].hint}`] : []),
    `More: docs/RUNBOOK.md, heading "${isErrorName(name) ? name : 'Unexpected'}"`,
    ...about,
  ];
  return lines.join('\n');
}

export const handler = agent(inputSchema, async (announcement) => ({
  messageId: await publish(subjectOf(announcement), textOf(announcement)),
}));
