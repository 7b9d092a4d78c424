import type { FileHandle } from 'node:fs/promises';

const BATCH_BYTES = 512 * 1024;
const BATCH_SLICES = 512;

/**
 * Appends slices to an open file from a given position. Sockets deliver 64 KiB at a time; written one by one they cost a thread
 * hop each, so they are gathered into batches, one of which is being written while the next fills: memory stays near 1 MiB.
 */
export class FileWriter {
  readonly #file: FileHandle;
  #position: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, position = 0) {
    this.#file = file;
    this.#position = position;
  }

  async append(bytes: Buffer): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BATCH_BYTES || this.#pending.length >= BATCH_SLICES) await this.#startBatch();
  }

  /** Resolves when every byte is written; must be called also after a failure, before the file is closed. */
  async flush(): Promise<void> {
    await this.#startBatch();
    await this.#writing;
  }

  async #startBatch(): Promise<void> {
    await this.#writing;
    const batch = this.#pending;
    const position = this.#position;
    this.#position += this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writing = this.#write(batch, position);
    // The failure is raised by whoever awaits it next; without this line it would be "unhandled" until then.
    this.#writing.catch(() => {});
  }

  async #write(batch: Buffer[], position: number): Promise<void> {
    if (batch.length === 0) return;
    const { bytesWritten } = await this.#file.writev(batch, position);
    let rest = Buffer.concat(bytesWritten < total(batch) ? batch : []).subarray(bytesWritten);
    let at = position + bytesWritten;
    while (rest.length > 0) {
      const written = (await this.#file.write(rest, 0, rest.length, at)).bytesWritten;
      rest = rest.subarray(written);
      at += written;
    }
  }
}

function total(batch: Buffer[]): number {
  return batch.reduce((sum, bytes) => sum + bytes.length, 0);
}
