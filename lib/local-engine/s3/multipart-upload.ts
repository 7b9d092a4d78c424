import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReceivedBody } from './body.ts';
import type { ChecksumAlgorithm, ChecksumType } from './checksums.ts';
import { FileWriter } from './file-writer.ts';
import { uniqueName, writeJson } from './layout.ts';
import { S3Error } from './s3-error.ts';
import type { ObjectAttributes } from './version.ts';

/** What CreateMultipartUpload fixed for the object to be. */
export interface UploadFacts extends ObjectAttributes {
  key: string;
  uploadId: string;
  initiated: string;
  /** Absent where the client named no algorithm. */
  checksum?: { algorithm: ChecksumAlgorithm; type: ChecksumType };
}

export interface Part {
  number: number;
  size: number;
  etag: string;
  lastModified: string;
  checksum: ReceivedBody['checksum'];
  /** In the common file at an offset, or in a file of its own. */
  place: { offset: number } | { file: string };
}

const COPY_BYTES = 1024 * 1024;
const SMALLEST_PART = 5 * 1024 ** 2;
const DATA = 'data';

/**
 * One multipart upload, in a folder of its own. Parts of one size are written straight to where they will lie in the object, so
 * that completing a 50 GB upload is a rename and not a second copy of it. A part that does not fit that grid (another size, sent
 * twice, or after a restart) gets a file of its own and is copied at the end.
 */
export class MultipartUpload {
  readonly facts: UploadFacts;
  readonly parts: Map<number, Part>;
  readonly #folder: string;
  readonly #incoming: string;
  readonly #writers = new Set<Promise<unknown>>();
  readonly #slots = new Set<number>();
  #slotSize: number | undefined;
  #closed = false;

  /** `parts` are those an earlier engine left; their grid is not known any more, so later ones get files of their own. */
  constructor(facts: UploadFacts, folder: string, incoming: string, parts?: Part[]) {
    this.facts = facts;
    this.parts = new Map((parts ?? []).map((part) => [part.number, part]));
    this.#folder = folder;
    this.#incoming = incoming;
    this.#slotSize = parts && 0;
  }

  async start(): Promise<void> {
    await mkdir(this.#folder);
    await (await open(join(this.#folder, DATA), 'wx')).close();
    await writeJson(join(this.#folder, 'upload.json'), this.facts, this.#incoming);
  }

  /** Stores one part; `fill` streams it into the writer and says what it was. A part with the same number gives way at the end. */
  async receivePart(
    number: number,
    length: number,
    fill: (write: (bytes: Buffer) => Promise<void>) => Promise<Omit<Part, 'number' | 'place'>>,
  ): Promise<Part> {
    this.#requireOpen();
    const work = this.#receive(number, this.#claimPlace(number, length), fill);
    this.#writers.add(work);
    try {
      return await work;
    } finally {
      this.#writers.delete(work);
    }
  }

  /** One file with these parts in a row; takes no more parts from here on, unless it fails. */
  async assemble(parts: Part[]): Promise<string> {
    this.#requireOpen();
    this.#closed = true;
    try {
      await Promise.allSettled(this.#writers);
      return await this.#join(parts);
    } catch (error) {
      this.#closed = false;
      throw error;
    }
  }

  /** Takes parts again, after an assembled object could not be published. */
  reopen(): void {
    this.#closed = false;
  }

  /** Removes everything at once. A part that is still being received ends with `NoSuchUpload`; nobody waits for its client. */
  async discard(): Promise<void> {
    this.#closed = true;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #claimPlace(number: number, length: number): Part['place'] {
    if (this.#slotSize === undefined && (number === 1 || length >= SMALLEST_PART)) this.#slotSize = length;
    if (this.#slots.has(number) || this.#slotSize === undefined || length > this.#slotSize) {
      return { file: `part-${number}.${uniqueName()}` };
    }
    this.#slots.add(number);
    return { offset: (number - 1) * this.#slotSize };
  }

  async #receive(
    number: number,
    place: Part['place'],
    fill: (write: (bytes: Buffer) => Promise<void>) => Promise<Omit<Part, 'number' | 'place'>>,
  ): Promise<Part> {
    const shared = 'offset' in place;
    const path = join(this.#folder, shared ? DATA : place.file);
    const file = await open(path, shared ? 'r+' : 'wx');
    const writer = new FileWriter(file, shared ? place.offset : 0);
    try {
      const facts = await fill(async (bytes) => {
        this.#requireOpen();
        await writer.append(bytes);
      });
      await writer.flush();
      this.#requireOpen();
      const part = { ...facts, number, place };
      await this.#publish(part);
      return part;
    } catch (error) {
      await writer.flush().catch(() => {});
      if (shared) this.#slots.delete(number);
      else await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  async #publish(part: Part): Promise<void> {
    const replaced = this.parts.get(part.number);
    await writeJson(join(this.#folder, `part-${part.number}.json`), part, this.#incoming);
    this.parts.set(part.number, part);
    if (replaced && 'file' in replaced.place) await rm(join(this.#folder, replaced.place.file), { force: true });
  }

  async #join(parts: Part[]): Promise<string> {
    let size = 0;
    const placed = parts.map((part) => {
      const position = size;
      size += part.size;
      return { part, position };
    });
    const onGrid = placed.every(({ part, position }) => !('offset' in part.place) || part.place.offset === position);
    const path = onGrid ? join(this.#folder, DATA) : join(this.#incoming, uniqueName());
    const target = await open(path, onGrid ? 'r+' : 'wx');
    try {
      for (const { part, position } of placed) {
        if (!onGrid || 'file' in part.place) await this.#copyPart(part, target, position);
      }
      await target.truncate(size);
    } finally {
      await target.close();
    }
    return path;
  }

  async #copyPart(part: Part, target: FileHandle, position: number): Promise<void> {
    const [name, start] = 'file' in part.place ? [part.place.file, 0] : [DATA, part.place.offset];
    const source = await open(join(this.#folder, name));
    const writer = new FileWriter(target, position);
    try {
      for (let done = 0; done < part.size; ) {
        const length = Math.min(COPY_BYTES, part.size - done);
        const { bytesRead, buffer } = await source.read(Buffer.allocUnsafe(length), 0, length, start + done);
        if (bytesRead === 0) throw new Error(`The bytes of part ${part.number} of upload ${this.facts.uploadId} are gone`);
        await writer.append(buffer.subarray(0, bytesRead));
        done += bytesRead;
      }
      await writer.flush();
    } finally {
      await source.close();
    }
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw noSuchUpload();
  }
}

export function noSuchUpload(): S3Error {
  const message =
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
  return new S3Error('NoSuchUpload', message);
}
