import { bypassRights, deletionRights } from '../policies/rights/s3.ts';
import { ServiceError } from '../service-error.ts';
import { receiveDocument } from './body.ts';
import type { Bucket } from './bucket.ts';
import { answerXml, type BucketCall, type ObjectCall, setHeaders } from './call.ts';
import { type Condition, requireCondition, unquoted, writeCondition } from './conditions.ts';
import { requireUnlocked, wantsBypass } from './object-lock.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { Version } from './version.ts';
import { allowOnly, childText, parseXml, type XmlElement, type XmlValue } from './xml.ts';

const MOST_OBJECTS = 1000;

interface Deletion {
  key: string;
  versionId: string | undefined;
  condition: Condition;
}

/** What was removed or added: S3 tells the two kinds of delete apart by these. */
interface Outcome {
  deleteMarker: boolean;
  versionId: string | undefined;
}

/** DeleteObject: adds a marker, or removes the one version that is named. */
export async function deleteObject(call: ObjectCall): Promise<void> {
  const { response, bucket, key, query, headers } = call;
  if (headers.has('if-none-match')) throw notImplemented('If-None-Match on DeleteObject');
  const deletion = { key, versionId: query.get('versionId'), condition: writeCondition(headers) };
  const outcome = await remove(bucket, deletion, unlockedFor(call));
  setHeaders(response, {
    'x-amz-delete-marker': outcome.deleteMarker ? 'true' : undefined,
    'x-amz-version-id': outcome.versionId,
  });
  response.statusCode = 204;
  response.end();
}

/** DeleteObjects: up to 1,000 at once, each with its own result. */
export async function deleteObjects(call: BucketCall): Promise<void> {
  const { request, response, bucket, headers } = call;
  if (!['content-md5', 'x-amz-trailer'].some((name) => headers.has(name)) && ![...headers.keys()].some(isChecksum)) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  }
  const document = parseXml(await receiveDocument(request, headers), 'Delete');
  allowOnly(document, ['Object', 'Quiet']);
  const objects = (document.children.Object ?? []).map(parseDeletion);
  if (objects.length === 0 || objects.length > MOST_OBJECTS) {
    throw new S3Error('MalformedXML', `A Delete document names 1 to ${MOST_OBJECTS} objects.`);
  }
  const allow = unlockedFor(call);
  const quiet = childText(document, 'Quiet') === 'true';
  const deleted: XmlValue[] = [];
  const errors: XmlValue[] = [];
  for (const object of objects) {
    try {
      const name = { bucket, key: object.key };
      call.permit([...deletionRights(name, object.versionId, etagOf(object)), ...bypassRights(name, headers)]);
      const entry = deletedEntry(object, await remove(bucket, object, allow));
      if (!quiet) deleted.push(entry);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      errors.push({ Key: object.key, VersionId: object.versionId, Code: error.code, Message: error.message });
    }
  }
  answerXml(response, 'DeleteResult', { Deleted: deleted, Error: errors });
}

/** Throws for a version that this caller may not remove now. */
function unlockedFor({ bucket, headers, now }: BucketCall): (version: Version) => void {
  const bypass = wantsBypass(headers, bucket.properties);
  return (version) => requireUnlocked(version, now, bypass);
}

async function remove(
  bucket: Bucket,
  { key, versionId, condition }: Deletion,
  allow: (version: Version) => void,
): Promise<Outcome> {
  if (versionId === undefined) {
    const marker = await bucket.deleteKey(key, (newest) => requireCondition(condition, newest));
    return { deleteMarker: marker !== undefined, versionId: marker?.versionId };
  }
  if (condition.kind !== 'none') throw notImplemented('If-Match on the deletion of a version');
  const removed = await bucket.deleteVersion(key, versionId, allow);
  return { deleteMarker: removed?.deleteMarker ?? false, versionId };
}

function etagOf({ condition }: Deletion): string | undefined {
  return condition.kind === 'etag' ? condition.etag : undefined;
}

function parseDeletion(object: XmlElement): Deletion {
  allowOnly(object, ['Key', 'VersionId', 'ETag']);
  const key = childText(object, 'Key');
  const etag = childText(object, 'ETag');
  if (!key) throw new S3Error('MalformedXML', 'An Object of a Delete document needs a Key.');
  const condition: Condition = etag === undefined ? { kind: 'none' } : { kind: 'etag', etag: unquoted(etag) };
  return { key, versionId: childText(object, 'VersionId'), condition };
}

function deletedEntry(object: Deletion, outcome: Outcome): XmlValue {
  return {
    Key: object.key,
    VersionId: object.versionId,
    DeleteMarker: outcome.deleteMarker || undefined,
    DeleteMarkerVersionId: outcome.deleteMarker ? outcome.versionId : undefined,
  };
}

function isChecksum(header: string): boolean {
  return header.startsWith('x-amz-checksum-');
}
