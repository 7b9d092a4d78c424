import { taggingRights } from '../policies/rights/s3.ts';
import { receiveDocument } from './body.ts';
import { answerXml, type ObjectCall, setHeaders } from './call.ts';
import { requestedVersion, versionHeader } from './read-object.ts';
import { parseTagDocument } from './tags.ts';

/** GetObjectTagging of a version, or of the current one. */
export async function getObjectTagging(call: ObjectCall): Promise<void> {
  const version = requestedVersion(call);
  setHeaders(call.response, versionHeader(call.bucket, version));
  answerXml(call.response, 'Tagging', { TagSet: { Tag: version.tags.map((tag) => ({ Key: tag.key, Value: tag.value })) } });
}

/** PutObjectTagging replaces the whole set. */
export async function putObjectTagging(call: ObjectCall): Promise<void> {
  const tags = parseTagDocument(await receiveDocument(call.request, call.headers));
  call.permit(taggingRights(call, tags));
  const version = requestedVersion(call);
  await call.bucket.amend(version, () => ({ tags }));
  setHeaders(call.response, versionHeader(call.bucket, version));
  call.response.end();
}

export async function deleteObjectTagging(call: ObjectCall): Promise<void> {
  const version = requestedVersion(call);
  await call.bucket.amend(version, () => ({ tags: [] }));
  setHeaders(call.response, versionHeader(call.bucket, version));
  call.response.statusCode = 204;
  call.response.end();
}
