import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ERRORS, errorOfService } from '../contract/errors.ts';
import { keys } from '../contract/keys.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { publish } from './topic.ts';

/** A call as CloudTrail records it and EventBridge delivers it: only what is told of it. */
const event = z.object({
  detail: z.object({
    eventID: z.string(),
    eventTime: z.iso.datetime(),
    eventSource: z.string(),
    eventName: z.string(),
    awsRegion: z.string(),
    sourceIPAddress: z.string().default('unknown'),
    errorCode: z.string().optional(),
    userIdentity: z.looseObject({
      type: z.string().optional(),
      arn: z.string().optional(),
      accountId: z.string().optional(),
      invokedBy: z.string().optional(),
    }),
    requestParameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});
type Call = z.infer<typeof event>['detail'];

/** Who reads a hundred objects is told of once: the same principal, call and answer within one hour. */
export function occasionOf({ eventTime, eventSource, eventName, errorCode, userIdentity }: Call): string {
  const alike = createHash('sha256').update(JSON.stringify([whoOf(userIdentity), eventSource, eventName, errorCode ?? null]));
  return `${eventTime.slice(0, 13).replaceAll('-', '')}.${alike.digest('hex').slice(0, 16)}`;
}

function whoOf({ arn, invokedBy, accountId, type }: Call['userIdentity']): string {
  return arn ?? invokedBy ?? `${type ?? 'somebody'} of account ${accountId ?? 'unknown'}`;
}

export function textOf(call: Call): string {
  const { eventTime, eventSource, eventName, errorCode, sourceIPAddress, userIdentity, requestParameters, awsRegion } = call;
  return [
    `VaultTouched: ${whoOf(userIdentity)} called ${eventName} (${eventSource}).`,
    '',
    errorCode === undefined ? 'It was carried out.' : `It was refused: ${errorCode}.`,
    `Time: ${eventTime}`,
    `From: ${sourceIPAddress}, region ${awsRegion}`,
    `With: ${JSON.stringify(requestParameters ?? {})}`,
    '',
    'More of the same within this hour is not told again; the trail of the vault has every call.',
    '',
    `What to do: ${ERRORS.VaultTouched.hint}`,
    'More: docs/RUNBOOK.md, heading "VaultTouched"',
  ].join('\n');
}

const vault = new Vault(required('BUCKET'));
const suite = required('SUITE');

/** Tells of a call on the vault, its key or its trail that none of ours makes. A second delivery of the same event tells it again. */
export const handler = agent(event, async ({ detail }) => {
  const key = keys.touch(suite, occasionOf(detail));
  const record = JSON.stringify({ schema: 'suite-backup.touch.v1', ...detail });
  const first = await isFirst(key, record);
  if (first) await publish(`${suite}: VaultTouched: ${detail.eventName}${detail.errorCode ? ' (refused)' : ''}`, textOf(detail));
  return { first, key };
});

async function isFirst(key: string, record: string): Promise<boolean> {
  try {
    return (await vault.putOnce(key, record)) !== false || (await vault.getText(key)) === record;
  } catch (error) {
    // Who disables the key of the vault must not silence what tells of it.
    if (errorOfService((error as Error).name) === 'KeyUnusable') return true;
    throw error;
  }
}
