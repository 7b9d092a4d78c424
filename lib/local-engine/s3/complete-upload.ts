import { createHash } from 'node:crypto';
import { type Headers, receiveDocument } from './body.ts';
import { answerXml, type ObjectCall, setHeaders } from './call.ts';
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  checksumElement,
  checksumHeader,
  compositeChecksum,
  fullObjectChecksum,
} from './checksums.ts';
import { requireCondition, unquoted, writeCondition } from './conditions.ts';
import { encryptionHeaders, requireUsableKey } from './encryption.ts';
import { expirationHeader } from './expiration-header.ts';
import type { MultipartUpload, Part } from './multipart-upload.ts';
import { versionHeader } from './read-object.ts';
import { S3Error } from './s3-error.ts';
import { allowOnly, childText, parseXml, type XmlElement } from './xml.ts';

const SMALLEST_PART = 5 * 1024 ** 2;

/** What the client lists for one part. */
interface ListedPart {
  number: number;
  etag: string;
  checksums: Map<ChecksumAlgorithm, string>;
}

/** CompleteMultipartUpload. */
export async function completeMultipartUpload(call: ObjectCall): Promise<void> {
  const { request, response, bucket, uploads, key, query, headers } = call;
  const upload = uploads.get(key, query.get('uploadId') ?? '');
  const condition = writeCondition(headers);
  const since = bucket.sequence;
  // The checksum headers of this call speak of the object and not of the XML that travels with them.
  const own = new Map([...headers].filter(([name]) => !name.startsWith('x-amz-checksum-')));
  const listed = parseListedParts(await receiveDocument(request, own));
  const parts = chooseParts(upload, listed);
  const checksum = objectChecksum(upload, parts);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  requireAnnounced(headers, checksum, size);
  requireCondition(condition, bucket.index.newest(key));
  const { uploadId: _id, initiated: _at, checksum: _planned, ...attributes } = upload.facts;
  await requireUsableKey(call, attributes.encryption);
  const path = await upload.assemble(parts);
  const staged = { ...attributes, path, size, etag: multipartEtag(parts), checksum };
  const version = await bucket.commit(staged, condition, since).catch((error) => {
    upload.reopen();
    throw error;
  });
  await uploads.remove(upload);
  setHeaders(response, {
    ...encryptionHeaders(version.encryption),
    ...versionHeader(bucket, version),
    ...expirationHeader(bucket, version),
  });
  answerXml(response, 'CompleteMultipartUploadResult', {
    Location: `http://${headers.get('host')}/${bucket.name}/${key}`,
    Bucket: bucket.name,
    Key: key,
    ETag: `"${version.etag}"`,
    [checksumElement(checksum.algorithm)]: checksum.value,
    ChecksumType: checksum.type,
  });
}

function parseListedParts(text: string): ListedPart[] {
  const document = parseXml(text, 'CompleteMultipartUpload');
  allowOnly(document, ['Part']);
  const parts = (document.children.Part ?? []).map(parseListedPart);
  if (parts.length === 0) throw new S3Error('MalformedXML', 'You must specify at least one part.');
  if (parts.some((part, index) => index > 0 && part.number <= parts[index - 1]!.number)) {
    throw new S3Error(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
    );
  }
  return parts;
}

function parseListedPart(element: XmlElement): ListedPart {
  allowOnly(element, ['PartNumber', 'ETag', ...CHECKSUM_ALGORITHMS.map(checksumElement)]);
  const number = Number(childText(element, 'PartNumber'));
  const etag = childText(element, 'ETag');
  if (!Number.isInteger(number) || number < 1 || etag === undefined)
    throw new S3Error('MalformedXML', 'A Part needs a PartNumber and an ETag.');
  const checksums = new Map<ChecksumAlgorithm, string>();
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = childText(element, checksumElement(algorithm));
    if (value !== undefined) checksums.set(algorithm, value);
  }
  return { number, etag: unquoted(etag), checksums };
}

/**
 * The uploaded parts that the list names. A checksum that the client sent with a part and then leaves out of the list makes S3 not
 * find the part (known to bite SDKs that add checksums by default), or say so where the algorithm was fixed at the start.
 */
function chooseParts(upload: MultipartUpload, listed: ListedPart[]): Part[] {
  const planned = upload.facts.checksum;
  const parts = listed.map(({ number, etag, checksums }) => {
    const part = upload.parts.get(number);
    if (part?.etag !== etag) throw invalidPart(number);
    const { algorithm, value, sentByClient } = part.checksum;
    const named = checksums.get(algorithm);
    if (planned?.type === 'COMPOSITE' && named === undefined) throw missingChecksum(planned.algorithm, number);
    if (!planned && sentByClient && named === undefined) throw invalidPart(number);
    if (checksums.size > 1 || (checksums.size === 1 && named !== value)) throw invalidPart(number);
    return part;
  });
  const small = parts.slice(0, -1).find((part) => part.size < SMALLEST_PART);
  if (small) {
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      PartNumber: String(small.number),
      ETag: small.etag,
      ProposedSize: String(small.size),
      MinSizeAllowed: String(SMALLEST_PART),
    });
  }
  return parts;
}

function objectChecksum(upload: MultipartUpload, parts: Part[]): Checksum {
  const algorithms = new Set(parts.map((part) => part.checksum.algorithm));
  const [algorithm = 'CRC64NVME'] = algorithms;
  if (algorithms.size > 1)
    throw new S3Error('InvalidRequest', `The parts carry several checksum algorithms: ${[...algorithms].join(', ')}`);
  const byDefault = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  if ((upload.facts.checksum?.type ?? byDefault) === 'FULL_OBJECT') {
    return fullObjectChecksum(
      algorithm,
      parts.map(({ checksum, size }) => ({ value: checksum.value, size })),
    );
  }
  return compositeChecksum(
    algorithm,
    parts.map((part) => part.checksum.value),
  );
}

/** What the client already knows about the whole must be true. */
function requireAnnounced(headers: Headers, checksum: Checksum, size: number): void {
  const announced = headers.get('x-amz-mp-object-size');
  if (announced !== undefined && Number(announced) !== size) {
    throw new S3Error(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${announced} does not match what was computed: ${size}`,
    );
  }
  const type = headers.get('x-amz-checksum-type');
  if (type !== undefined && type !== checksum.type) {
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using the ${checksum.type} checksum mode. The complete request must use the same.`,
    );
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(checksumHeader(algorithm));
    if (value === undefined) continue;
    const known = algorithm === checksum.algorithm ? [checksum.value, checksum.value.replace(/-\d+$/, '')] : [];
    if (!known.includes(value))
      throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
}

/** The MD5 of the parts' MD5s with their number behind it. */
function multipartEtag(parts: Part[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part.etag, 'hex');
  return `${hash.digest('hex')}-${parts.length}`;
}

function invalidPart(number: number): S3Error {
  const message =
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
  return new S3Error('InvalidPart', message, { PartNumber: String(number) });
}

function missingChecksum(algorithm: ChecksumAlgorithm, number: number): S3Error {
  const name = algorithm.toLowerCase();
  const message = `The upload was created using a ${name} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`;
  return new S3Error('InvalidRequest', message);
}
