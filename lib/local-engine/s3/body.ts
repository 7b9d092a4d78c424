import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { decodeAwsChunked } from './aws-chunked.ts';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumHeader, isChecksumValue, startDigest } from './checksums.ts';
import { notImplemented, S3Error } from './s3-error.ts';

/** The request headers by lower-case name, with those that a presigned URL carries in its query. */
export type Headers = Map<string, string>;

/** What was read, and how it hashes. */
export interface ReceivedBody {
  bytes: number;
  /** Of the algorithm the client named, otherwise of the one the caller asked for. */
  checksum: { algorithm: ChecksumAlgorithm; value: string; sentByClient: boolean };
  /** Hex; only when it was asked for or sent. */
  md5: string | undefined;
}

export interface BodyWish {
  /** Computed where the client sends none of its own. */
  algorithm: ChecksumAlgorithm;
  md5: boolean;
}

/** What the client says about its body, before the body is read. */
interface Announcement {
  length: number;
  chunked: boolean;
  payloadSha256: string | undefined;
  contentMd5: string | undefined;
  algorithm: ChecksumAlgorithm | undefined;
  checksum: string | undefined;
  trailer: string | undefined;
}

const SIGNED_ALREADY = new Set(['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']);
const LARGEST_PUT = 5 * 1024 ** 3;
const LARGEST_DOCUMENT = 8 * 1024 ** 2;

/**
 * Streams the request body to `write` and checks every promise the client made about it: length, `x-amz-content-sha256`,
 * `Content-MD5` and one checksum as a header or trailer. Throws `IncompleteBody`, `BadDigest`, `XAmzContentSHA256Mismatch` and so
 * on *after* bytes were written, so the caller may only publish them when this resolves.
 */
export async function receiveBody(
  request: IncomingMessage,
  headers: Headers,
  wish: BodyWish,
  write: (bytes: Buffer) => Promise<void>,
): Promise<ReceivedBody> {
  const said = announcement(headers);
  const algorithm = said.algorithm ?? wish.algorithm;
  const checksum = startDigest(algorithm);
  const md5 = wish.md5 || said.contentMd5 ? createHash('md5') : undefined;
  const sha256 = said.payloadSha256 && algorithm !== 'SHA256' ? createHash('sha256') : undefined;
  const trailers = new Map<string, string>();
  // Leaving the loop early must not destroy the request: its socket still has to carry the refusal.
  const raw = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  let bytes = 0;
  for await (const slice of said.chunked ? decodeAwsChunked(raw, trailers) : raw) {
    bytes += slice.length;
    if (bytes > said.length) break;
    checksum.update(slice);
    md5?.update(slice);
    sha256?.update(slice);
    await write(slice);
  }
  if (bytes !== said.length) {
    throw new S3Error(
      'IncompleteBody',
      `The body has ${bytes > said.length ? 'more' : bytes} bytes, announced were ${said.length}.`,
    );
  }
  const digest = checksum.digest();
  checkSha256(said, sha256, digest);
  const md5Hex = checkMd5(said, md5);
  checkChecksum(said, algorithm, digest, trailers);
  return {
    bytes,
    checksum: { algorithm, value: digest.toString('base64'), sentByClient: said.algorithm !== undefined },
    md5: md5Hex,
  };
}

/** A small XML body as text, checked like any other; throws `EntityTooLarge` beyond 8 MiB (10,000 parts need about 3). */
export async function receiveDocument(request: IncomingMessage, headers: Headers): Promise<string> {
  const slices: Buffer[] = [];
  let bytes = 0;
  await receiveBody(request, headers, { algorithm: 'CRC32', md5: false }, async (slice) => {
    bytes += slice.length;
    if (bytes > LARGEST_DOCUMENT) throw new S3Error('EntityTooLarge', 'The document exceeds 8 MiB.');
    slices.push(slice);
  });
  return Buffer.concat(slices).toString('utf8');
}

/** Whether the client sends a checksum with its body, as a header or as a trailer. */
export function hasChecksum(headers: Headers): boolean {
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  return CHECKSUM_ALGORITHMS.map(checksumHeader).some((name) => headers.has(name) || trailer === name);
}

function announcement(headers: Headers): Announcement {
  const payload = headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  if (!SIGNED_ALREADY.has(payload) && !/^[0-9a-f]{64}$/.test(payload)) throw notImplemented(`x-amz-content-sha256: ${payload}`);
  const encodings = (headers.get('content-encoding') ?? '').split(',').map((encoding) => encoding.trim());
  const chunked = payload === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' || encodings.includes('aws-chunked');
  const length = headers.get(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  const bodyless = !chunked && length === undefined && !headers.has('transfer-encoding');
  if (!bodyless && !/^\d+$/.test(length ?? ''))
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (Number(length ?? 0) > LARGEST_PUT) throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds 5 GiB.');
  return {
    length: Number(length ?? 0),
    chunked,
    payloadSha256: SIGNED_ALREADY.has(payload) ? undefined : payload,
    contentMd5: headers.get('content-md5'),
    ...announcedChecksum(headers),
  };
}

function announcedChecksum(headers: Headers): Pick<Announcement, 'algorithm' | 'checksum' | 'trailer'> {
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  const named = CHECKSUM_ALGORITHMS.filter((a) => headers.has(checksumHeader(a)) || trailer === checksumHeader(a));
  const [algorithm, another] = named;
  if (another)
    throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.');
  if (trailer && (!algorithm || trailer !== checksumHeader(algorithm))) throw notImplemented(`The trailer ${trailer}`);
  const intended = headers.get('x-amz-sdk-checksum-algorithm');
  if (intended && intended.toUpperCase() !== algorithm) {
    throw new S3Error(
      'InvalidRequest',
      `x-amz-sdk-checksum-algorithm is ${intended}, but no such x-amz-checksum- header or trailer follows.`,
    );
  }
  const checksum = algorithm && headers.get(checksumHeader(algorithm));
  if (algorithm && checksum !== undefined) requireValue(algorithm, checksum);
  return { algorithm, checksum, trailer };
}

function checkSha256(said: Announcement, sha256: Hash | undefined, checksum: Buffer): void {
  if (!said.payloadSha256) return;
  const actual = (sha256 ? sha256.digest() : checksum).toString('hex');
  if (actual === said.payloadSha256) return;
  throw new S3Error('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.", {
    ClientComputedContentSHA256: said.payloadSha256,
    S3ComputedContentSHA256: actual,
  });
}

function checkMd5(said: Announcement, md5: Hash | undefined): string | undefined {
  const actual = md5?.digest();
  if (said.contentMd5 !== undefined) {
    if (Buffer.from(said.contentMd5, 'base64').length !== 16)
      throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
    if (said.contentMd5 !== actual?.toString('base64')) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
  }
  return actual?.toString('hex');
}

function checkChecksum(said: Announcement, algorithm: ChecksumAlgorithm, digest: Buffer, trailers: Map<string, string>): void {
  const unexpected = [...trailers.keys()].find((name) => name !== said.trailer);
  if (unexpected) throw new S3Error('MalformedTrailerError', `The trailer ${unexpected} was not announced in x-amz-trailer.`);
  const fromTrailer = said.trailer ? trailers.get(said.trailer) : undefined;
  if (said.trailer && fromTrailer === undefined)
    throw new S3Error('MalformedTrailerError', `The trailer ${said.trailer} is missing.`);
  for (const value of [said.checksum, fromTrailer]) {
    if (value === undefined) continue;
    requireValue(algorithm, value);
    if (value !== digest.toString('base64')) {
      throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}

function requireValue(algorithm: ChecksumAlgorithm, value: string): void {
  if (!isChecksumValue(algorithm, value))
    throw new S3Error('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`);
}
