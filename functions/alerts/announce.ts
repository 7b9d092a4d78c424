import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { ERRORS, isErrorName } from '../contract/errors.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';

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

/** SNS refuses longer subjects, and any line break or non-ASCII character in one. */
const LONGEST_SUBJECT = 100;

export function subjectOf({ suite, workflow, id, name }: Announcement): string {
  const subject = `${suite}: ${workflow} ${name === null ? 'done' : `failed: ${name}`}${id ? ` (${id})` : ''}`;
  return subject.replace(/[^\x20-\x7e]+/g, ' ').slice(0, LONGEST_SUBJECT);
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

const topicArn = required('TOPIC_ARN');
const client = new SNSClient({});

export const handler = agent(inputSchema, async (announcement) => {
  const { MessageId } = await client.send(
    new PublishCommand({ TopicArn: topicArn, Subject: subjectOf(announcement), Message: textOf(announcement) }),
  );
  return { messageId: MessageId };
});
