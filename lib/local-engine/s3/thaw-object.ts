import { receiveDocument } from './body.ts';
import { type ObjectCall, setHeaders } from './call.ts';
import { requestedVersion, versionHeader } from './read-object.ts';
import { S3Error } from './s3-error.ts';
import { reachOf } from './storage-class.ts';
import { allowOnly, childText, parseXml } from './xml.ts';

const DAY = 86_400_000;
const TIERS = ['Standard', 'Bulk', 'Expedited'];

/**
 * RestoreObject: 202 for a copy that will be there in a while, 200 for one that is there and now stays longer. AWS takes hours; how long
 * it takes here is the bucket's to say.
 */
export async function thawObject(call: ObjectCall): Promise<void> {
  const { request, response, bucket, headers, now } = call;
  const { days, tier } = parseRequest(await receiveDocument(request, headers));
  const version = requestedVersion(call);
  const reach = reachOf(version, now);
  const details = { StorageClass: version.storageClass ?? 'STANDARD' };
  if (reach === 'at-once') {
    throw new S3Error('InvalidObjectState', "Restore is not allowed for the object's current storage class", details);
  }
  if (reach === 'thawing') throw new S3Error('RestoreAlreadyInProgress', 'Object restore is already in progress');
  if (tier === 'Expedited' && version.storageClass === 'DEEP_ARCHIVE') {
    throw new S3Error('InvalidArgument', 'Expedited retrievals are not supported for this storage class');
  }
  const readyAt = reach === 'thawed' ? now : new Date(now.getTime() + bucket.thawMilliseconds);
  const until = new Date((Math.floor(readyAt.getTime() / DAY) + days + 1) * DAY);
  const thawed = { readyAt: readyAt.toISOString(), until: until.toISOString() };
  await bucket.amend(version, () => ({ thawed }));
  setHeaders(response, versionHeader(bucket, version));
  response.statusCode = reach === 'thawed' ? 200 : 202;
  response.end();
}

function parseRequest(text: string): { days: number; tier: string } {
  const document = parseXml(text, 'RestoreRequest');
  allowOnly(document, ['Days', 'GlacierJobParameters']);
  const days = Number(childText(document, 'Days'));
  if (!Number.isInteger(days) || days < 1) throw new S3Error('MalformedXML', 'Days must be a whole number from 1 on.');
  const [parameters] = document.children.GlacierJobParameters ?? [];
  if (parameters) allowOnly(parameters, ['Tier']);
  const tier = (parameters && childText(parameters, 'Tier')) ?? 'Standard';
  if (!TIERS.includes(tier)) throw new S3Error('MalformedXML', `${tier} is no tier of a retrieval.`);
  return { days, tier };
}
