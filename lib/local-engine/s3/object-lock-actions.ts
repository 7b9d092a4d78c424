import { lockingRights } from '../policies/rights/s3.ts';
import { receiveDocument } from './body.ts';
import { answerXml, type BucketCall, type ObjectCall } from './call.ts';
import { isLegalHold, lockPeriod, requireLockBucket, requireNoLooser, wantsBypass } from './object-lock.ts';
import { requestedVersion } from './read-object.ts';
import { S3Error } from './s3-error.ts';
import type { LockPeriod } from './version.ts';
import { allowOnly, childText, parseXml } from './xml.ts';

/** GetObjectLockConfiguration. */
export async function getObjectLockConfiguration({ response, bucket }: BucketCall): Promise<void> {
  const { ObjectLockEnabled, ObjectLockConfiguration } = bucket.properties;
  if (ObjectLockEnabled !== true) {
    const message = 'Object Lock configuration does not exist for this bucket';
    throw new S3Error('ObjectLockConfigurationNotFoundError', message, { BucketName: bucket.name });
  }
  const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
  answerXml(response, 'ObjectLockConfiguration', {
    ObjectLockEnabled: 'Enabled',
    Rule: Mode && { DefaultRetention: { Mode, Days, Years } },
  });
}

/** GetObjectRetention: also of a lock that is over. */
export async function getObjectLockPeriod(call: ObjectCall): Promise<void> {
  requireLockBucket(call.bucket.properties);
  const { lock } = requestedVersion(call);
  if (lock === undefined) throw withoutLock();
  answerXml(call.response, 'Retention', { Mode: lock.mode, RetainUntilDate: lock.until });
}

/** PutObjectRetention; an empty document takes the lock away. */
export async function putObjectLockPeriod(call: ObjectCall): Promise<void> {
  const { request, response, bucket, headers, now } = call;
  const said = saidPeriod(await receiveDocument(request, headers));
  call.permit(lockingRights(call, said));
  const next = asPeriod(said, now);
  requireLockBucket(bucket.properties);
  const bypass = wantsBypass(headers, bucket.properties);
  await bucket.amend(requestedVersion(call), ({ lock }) => {
    requireNoLooser(lock, next, now, bypass);
    return { lock: next };
  });
  response.end();
}

/** GetObjectLegalHold. */
export async function getObjectLegalHold(call: ObjectCall): Promise<void> {
  requireLockBucket(call.bucket.properties);
  const { legalHold } = requestedVersion(call);
  if (legalHold === undefined) throw withoutLock();
  answerXml(call.response, 'LegalHold', { Status: legalHold });
}

/** PutObjectLegalHold: whoever may place a hold may lift it. */
export async function putObjectLegalHold(call: ObjectCall): Promise<void> {
  const document = parseXml(await receiveDocument(call.request, call.headers), 'LegalHold');
  allowOnly(document, ['Status']);
  const legalHold = childText(document, 'Status');
  if (!isLegalHold(legalHold)) throw new S3Error('MalformedXML', 'The Status of a LegalHold is ON or OFF.');
  requireLockBucket(call.bucket.properties);
  await call.bucket.amend(requestedVersion(call), () => ({ legalHold }));
  call.response.end();
}

/** What the document says, whatever that is: who may not lock is told so first. */
function saidPeriod(text: string): { mode: string | undefined; until: string | undefined } {
  const document = parseXml(text, 'Retention');
  allowOnly(document, ['Mode', 'RetainUntilDate']);
  return { mode: childText(document, 'Mode'), until: childText(document, 'RetainUntilDate') };
}

function asPeriod({ mode, until }: ReturnType<typeof saidPeriod>, now: Date): LockPeriod | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined || !['GOVERNANCE', 'COMPLIANCE'].includes(mode)) {
    throw new S3Error('MalformedXML', 'A lock has a Mode, GOVERNANCE or COMPLIANCE, and a RetainUntilDate.');
  }
  return lockPeriod(mode, until, now);
}

function withoutLock(): S3Error {
  const message = 'The specified object does not have a ObjectLock configuration';
  return new S3Error('NoSuchObjectLockConfiguration', message);
}
