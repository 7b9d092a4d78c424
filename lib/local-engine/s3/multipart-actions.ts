import { objectAttributes } from './attributes.ts';
import { type Headers, receiveBody } from './body.ts';
import { answerXml, type BucketCall, type ObjectCall, setHeaders } from './call.ts';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumElement, checksumHeader } from './checksums.ts';
import { encryptionHeaders, requireUsableKey } from './encryption.ts';
import { keyEncoder } from './list-objects.ts';
import type { Part, UploadFacts } from './multipart-upload.ts';
import { compareKeys } from './object-index.ts';
import { requireIntegrity } from './object-lock.ts';
import { commonPrefix, pageSize } from './paging.ts';
import { S3Error } from './s3-error.ts';
import { etagOf, hasMd5Etag } from './write-object.ts';

const MOST_PARTS = 10_000;

/** CreateMultipartUpload. */
export async function createMultipartUpload(call: ObjectCall): Promise<void> {
  const { response, bucket, uploads, key, headers, now } = call;
  const checksum = plannedChecksum(headers);
  const attributes = objectAttributes(headers, bucket.properties, now);
  await requireUsableKey(call, attributes.encryption);
  const upload = await uploads.create({ ...attributes, key, initiated: now.toISOString(), checksum });
  setHeaders(response, {
    ...encryptionHeaders(attributes.encryption),
    'x-amz-checksum-algorithm': checksum?.algorithm,
    'x-amz-checksum-type': checksum?.type,
  });
  answerXml(response, 'InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: upload.facts.uploadId });
}

/** UploadPart. */
export async function uploadPart(call: ObjectCall): Promise<void> {
  const { request, response, bucket, uploads, key, query, headers } = call;
  const upload = uploads.get(key, query.get('uploadId') ?? '');
  requireIntegrity(headers, bucket.properties, upload.facts, 'Put Part');
  const { encryption, checksum: planned } = upload.facts;
  const number = partNumber(query.get('partNumber'));
  const length = Number(headers.get('x-amz-decoded-content-length') ?? headers.get('content-length') ?? 0);
  const wish = { algorithm: planned?.algorithm ?? 'CRC64NVME', md5: hasMd5Etag(encryption) } as const;
  requirePlannedAlgorithm(headers, planned?.algorithm);
  await requireUsableKey(call, encryption);
  const part = await upload.receivePart(number, length, async (write) => {
    const received = await receiveBody(request, headers, wish, write);
    return {
      size: received.bytes,
      etag: etagOf(encryption, received.md5),
      lastModified: call.now.toISOString(),
      checksum: received.checksum,
    };
  });
  setHeaders(response, {
    ...encryptionHeaders(encryption),
    etag: `"${part.etag}"`,
    [checksumHeader(part.checksum.algorithm)]: part.checksum.value,
  });
  response.end();
}

/** AbortMultipartUpload. */
export async function abortMultipartUpload({ response, uploads, key, query }: ObjectCall): Promise<void> {
  await uploads.remove(uploads.get(key, query.get('uploadId') ?? ''));
  response.statusCode = 204;
  response.end();
}

/** ListParts. */
export async function listParts({ response, bucket, uploads, key, query }: ObjectCall): Promise<void> {
  const upload = uploads.get(key, query.get('uploadId') ?? '');
  const limit = pageSize(query.get('max-parts'), 'max-parts');
  const marker = Number(query.get('part-number-marker') ?? 0);
  if (!Number.isInteger(marker) || marker < 0)
    throw new S3Error('InvalidArgument', 'Provided part-number-marker is not an integer');
  const rest = [...upload.parts.values()].filter((part) => part.number > marker).sort((a, b) => a.number - b.number);
  const page = rest.slice(0, limit);
  const truncated = rest.length > limit && limit > 0;
  answerXml(response, 'ListPartsResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.facts.uploadId,
    PartNumberMarker: marker,
    NextPartNumberMarker: truncated ? page.at(-1)?.number : undefined,
    MaxParts: limit,
    IsTruncated: truncated,
    ChecksumAlgorithm: upload.facts.checksum?.algorithm,
    ChecksumType: upload.facts.checksum?.type,
    StorageClass: upload.facts.storageClass ?? 'STANDARD',
    Part: page.map(partFacts),
  });
}

/** ListMultipartUploads. */
export async function listMultipartUploads({ response, bucket, uploads, query }: BucketCall): Promise<void> {
  const encode = keyEncoder(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = pageSize(query.get('max-uploads'), 'max-uploads');
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const matching = uploads.list().filter((facts) => facts.key.startsWith(prefix));
  const prefixes = new Set(
    matching.map(({ key }) => commonPrefix(key, prefix, delimiter)).filter((shared) => shared !== undefined),
  );
  const rest = behindMarker(matching, keyMarker, idMarker).filter(
    ({ key }) => commonPrefix(key, prefix, delimiter) === undefined,
  );
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  answerXml(response, 'ListMultipartUploadsResult', {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: last && encode(last.key),
    NextUploadIdMarker: last?.uploadId,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.get('encoding-type'),
    MaxUploads: limit,
    IsTruncated: last !== undefined,
    Upload: page.map((facts) => ({
      Key: encode(facts.key),
      UploadId: facts.uploadId,
      Initiated: facts.initiated,
      StorageClass: facts.storageClass ?? 'STANDARD',
      ChecksumAlgorithm: facts.checksum?.algorithm,
      ChecksumType: facts.checksum?.type,
    })),
    CommonPrefixes: keyMarker === '' ? [...prefixes].map((shared) => ({ Prefix: encode(shared) })) : [],
  });
}

/** Uploads of a key are in the order of their age, so the marker's place is found by its id and not by comparing ids. */
function behindMarker(uploads: UploadFacts[], keyMarker: string, idMarker: string): UploadFacts[] {
  const marked = uploads.findIndex((facts) => facts.key === keyMarker && facts.uploadId === idMarker);
  if (marked >= 0) return uploads.slice(marked + 1);
  return keyMarker === '' ? uploads : uploads.filter((facts) => compareKeys(facts.key, keyMarker) > 0);
}

function partFacts(part: Part): Record<string, string | number> {
  return {
    PartNumber: part.number,
    LastModified: part.lastModified,
    ETag: `"${part.etag}"`,
    Size: part.size,
    [checksumElement(part.checksum.algorithm)]: part.checksum.value,
  };
}

/** SHA checksums of a whole cannot be had from its parts; CRC64NVME knows no other kind; the two 32-bit CRCs can be either. */
function plannedChecksum(headers: Headers): UploadFacts['checksum'] {
  const name = headers.get('x-amz-checksum-algorithm')?.toUpperCase();
  const type = headers.get('x-amz-checksum-type')?.toUpperCase();
  if (name === undefined) {
    if (type === undefined) return undefined;
    throw new S3Error(
      'InvalidRequest',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  if (!algorithm) throw new S3Error('InvalidRequest', `Checksum algorithm provided is unsupported: ${name}`);
  const possible = { CRC64NVME: ['FULL_OBJECT'], SHA1: ['COMPOSITE'], SHA256: ['COMPOSITE'] }[algorithm as string];
  const chosen = type ?? possible?.[0] ?? 'COMPOSITE';
  if (chosen !== 'COMPOSITE' && chosen !== 'FULL_OBJECT') {
    throw new S3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  }
  if (possible && !possible.includes(chosen)) {
    const message = `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`;
    throw new S3Error('InvalidRequest', message);
  }
  return { algorithm, type: chosen };
}

function requirePlannedAlgorithm(headers: Headers, planned: ChecksumAlgorithm | undefined): void {
  if (!planned) return;
  const trailer = headers.get('x-amz-trailer')?.toLowerCase();
  const sent = CHECKSUM_ALGORITHMS.find((a) => headers.has(checksumHeader(a)) || trailer === checksumHeader(a));
  if (!sent || sent === planned) return;
  const [expected, actual] = [planned.toLowerCase(), sent.toLowerCase()];
  throw new S3Error(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual}`,
  );
}

function partNumber(text: string | undefined): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text ?? '') && number >= 1 && number <= MOST_PARTS) return number;
  throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
}
