import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Connection, element, RefusedError, send } from './signed-request.ts';
import type { StandardInput } from './standard-input.ts';

export type ChecksumAlgorithm = 'CRC32' | 'CRC64NVME' | 'SHA256';

export interface Destination {
  bucket: string;
  key: string;
}

export interface UploadOptions {
  noOverwrite: boolean;
  expectedSize: number | undefined;
  checksumAlgorithm: ChecksumAlgorithm;
  /** Aborted by a signal: the upload is undone and {@link upload} rejects with the signal's reason. */
  signal: AbortSignal;
}

const THRESHOLD = 8 * 1024 ** 2;
const MOST_PARTS = 10_000;
const MEMORY = 64 * 1024 ** 2;
/** Two parts in flight while a third one fills: a fourth made nothing faster here and cost 8 MiB. */
const MOST_BUFFERS = 3;

/**
 * Streams standard input to one object: a single PutObject up to 8 MiB, parts beyond. Resolves without a word also when the key
 * exists already and may not be overwritten, because that is what the AWS CLI does; it then gives false. On any failure nothing stays behind: the
 * multipart upload is aborted before this rejects.
 */
export async function upload(
  connection: Connection,
  to: Destination,
  input: StandardInput,
  options: UploadOptions,
): Promise<boolean> {
  try {
    await new Upload(connection, to, input, options).run();
    return true;
  } catch (error) {
    const exists = options.noOverwrite && error instanceof RefusedError && error.status === 412;
    if (!exists) throw error;
    return false;
  }
}

/** 8 MiB, doubled until 10,000 of them hold what is expected. */
export function partSizeFor(expectedSize: number | undefined): number {
  let size = THRESHOLD;
  while (size * MOST_PARTS < (expectedSize ?? 0)) size *= 2;
  return size;
}

class Upload {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #input: StandardInput;
  readonly #options: UploadOptions;
  readonly #partSize: number;
  readonly #free: Buffer[];
  readonly #sending = new Set<Promise<void>>();
  readonly #failure = Promise.withResolvers<never>();
  /** Ends the parts in flight once one of them has failed for good. */
  readonly #stop = new AbortController();
  readonly #parts: { etag: string; checksum: string }[] = [];

  constructor(connection: Connection, to: Destination, input: StandardInput, options: UploadOptions) {
    this.#connection = connection;
    this.#path = `/${to.bucket}/${to.key}`;
    this.#input = input;
    this.#options = options;
    this.#partSize = partSizeFor(options.expectedSize);
    const buffers = Math.max(2, Math.min(MOST_BUFFERS, Math.floor(MEMORY / this.#partSize)));
    this.#free = Array.from({ length: buffers }, () => Buffer.allocUnsafeSlow(this.#partSize));
    this.#failure.promise.catch(() => {});
    options.signal.addEventListener('abort', () => this.#fail(options.signal.reason));
  }

  async run(): Promise<void> {
    const first = this.#free.pop()!;
    const second = this.#free.pop()!;
    const length = await this.#orFailure(this.#input.fill(first));
    const more = length < this.#partSize ? 0 : await this.#orFailure(this.#input.fill(second));
    if (length + more <= THRESHOLD) await this.#putObject(first.subarray(0, length));
    else await this.#multipart(first.subarray(0, length), second, more);
  }

  async #putObject(body: Buffer): Promise<void> {
    const headers = { ...this.#condition(), ...(await this.#checksumHeader(body)) };
    const wanted = { operation: 'PutObject', method: 'PUT', path: this.#path, headers, body, signal: this.#stop.signal };
    await this.#orFailure(send(this.#connection, wanted));
  }

  async #multipart(first: Buffer, second: Buffer, secondLength: number): Promise<void> {
    const uploadId = await this.#create();
    try {
      await this.#sendParts(uploadId, first, second, secondLength);
      await this.#complete(uploadId);
    } catch (error) {
      this.#stop.abort();
      await Promise.allSettled(this.#sending);
      await this.#abort(uploadId);
      throw error;
    }
  }

  /** Not cut short by a signal: without its answer the upload could not be aborted. */
  async #create(): Promise<string> {
    const headers = { 'x-amz-checksum-algorithm': this.#options.checksumAlgorithm };
    const query: [string, string][] = [['uploads', '']];
    const answer = await send(this.#connection, {
      operation: 'CreateMultipartUpload',
      method: 'POST',
      path: this.#path,
      query,
      headers,
    });
    const uploadId = element(answer.text, 'UploadId');
    if (uploadId === undefined) throw new Error('CreateMultipartUpload answered without an UploadId');
    return uploadId;
  }

  async #sendParts(uploadId: string, first: Buffer, second: Buffer, secondLength: number): Promise<void> {
    let buffer = second;
    let length = secondLength;
    this.#start(uploadId, 1, first);
    for (let number = 2; length > 0; number++) {
      if (number > MOST_PARTS) throw new Error(`The input needs more than ${MOST_PARTS} parts: pass a larger --expected-size`);
      this.#start(uploadId, number, buffer.subarray(0, length));
      while (this.#free.length === 0) await this.#orFailure(Promise.race(this.#sending));
      buffer = this.#free.pop()!;
      length = await this.#orFailure(this.#input.fill(buffer));
    }
    await this.#orFailure(Promise.all(this.#sending));
  }

  #start(uploadId: string, number: number, bytes: Buffer): void {
    const part = this.#sendPart(uploadId, number, bytes).then(
      () => {
        this.#free.push(Buffer.from(bytes.buffer, 0, this.#partSize));
        this.#sending.delete(part);
      },
      (error) => this.#fail(error),
    );
    this.#sending.add(part);
  }

  async #sendPart(uploadId: string, number: number, body: Buffer): Promise<void> {
    const headers = await this.#checksumHeader(body);
    const query: [string, string][] = [
      ['partNumber', String(number)],
      ['uploadId', uploadId],
    ];
    const wanted = { operation: 'UploadPart', method: 'PUT', path: this.#path, query, headers, body, signal: this.#stop.signal };
    const answer = await send(this.#connection, wanted);
    this.#parts[number - 1] = { etag: String(answer.headers.etag), checksum: Object.values(headers)[0]! };
  }

  /** Once it is sent nobody can say whether it happened, so it is waited for even after a signal. */
  async #complete(uploadId: string): Promise<void> {
    const { checksumAlgorithm } = this.#options;
    const parts = this.#parts.map(
      ({ etag, checksum }, index) =>
        `<Part><ETag>${etag.replaceAll('"', '&quot;')}</ETag><Checksum${checksumAlgorithm}>${checksum}</Checksum${checksumAlgorithm}><PartNumber>${index + 1}</PartNumber></Part>`,
    );
    await send(this.#connection, {
      operation: 'CompleteMultipartUpload',
      method: 'POST',
      path: this.#path,
      query: [['uploadId', uploadId]],
      headers: this.#condition(),
      body: Buffer.from(
        `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`,
      ),
    });
  }

  async #abort(uploadId: string): Promise<void> {
    try {
      const query: [string, string][] = [['uploadId', uploadId]];
      await send(this.#connection, { operation: 'AbortMultipartUpload', method: 'DELETE', path: this.#path, query });
    } catch (error) {
      // The first failure is the one to report; this one adds that parts may have stayed behind.
      process.stderr.write(`upload ${uploadId} could not be aborted: ${error instanceof Error ? error.message : error}\n`);
    }
  }

  #condition(): Record<string, string> {
    return this.#options.noOverwrite ? { 'if-none-match': '*' } : {};
  }

  async #checksumHeader(bytes: Buffer): Promise<Record<string, string>> {
    const algorithm = this.#options.checksumAlgorithm;
    return { [`x-amz-checksum-${algorithm.toLowerCase()}`]: (await checksumOf(algorithm, bytes)).toString('base64') };
  }

  #fail(error: unknown): void {
    this.#stop.abort();
    this.#failure.reject(error);
  }

  #orFailure<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failure.promise]);
  }
}

async function checksumOf(algorithm: ChecksumAlgorithm, bytes: Buffer): Promise<Buffer> {
  if (algorithm === 'SHA256') return createHash('sha256').update(bytes).digest();
  if (algorithm === 'CRC64NVME') {
    // Loaded only for those who ask for it: start-up time counts in every capture.
    const { CRC64NVME, RunningCrc } = await import('../s3/crc.ts');
    const crc = new RunningCrc(CRC64NVME);
    crc.update(bytes);
    return crc.digest();
  }
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32(bytes));
  return out;
}
