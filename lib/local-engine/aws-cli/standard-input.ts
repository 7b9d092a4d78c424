import { fstatSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

/** Standard input, read into buffers of the caller. */
export interface StandardInput {
  /** Fills the buffer up to its end or to the end of the input and says how many bytes it holds; 0 is the end. */
  fill(buffer: Buffer): Promise<number>;
  /** Stops reading, so that the process can end. */
  close(): void;
}

const READ_BYTES = 256 * 1024;

/** A pipe is read by the event loop, so that parts are sent and signals heard while the producer is silent. */
export function openStandardInput(): StandardInput {
  const kind = fstatSync(0);
  return kind.isFIFO() || kind.isSocket() ? new PipeInput() : new FileInput();
}

/**
 * Reads a pipe into one fixed buffer: the usual stream would allocate 64 KiB for every read, which the collector lets pile up
 * beyond the size of the parts themselves.
 */
class PipeInput implements StandardInput {
  readonly #socket: Socket;
  readonly #read = Buffer.allocUnsafeSlow(READ_BYTES);
  #left: Buffer = Buffer.alloc(0);
  #target: Buffer = Buffer.alloc(0);
  #filled = 0;
  #done: (() => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor() {
    const onread = { buffer: this.#read, callback: (bytes: number) => this.#take(this.#read.subarray(0, bytes)) };
    this.#socket = new Socket({ fd: 0, readable: true, writable: false, onread } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.on('end', () => {
      this.#ended = true;
      this.#done?.();
    });
    this.#socket.on('error', (error) => {
      this.#error = error;
      this.#failed?.(error);
    });
    this.#socket.pause();
  }

  fill(buffer: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#error) reject(this.#error);
      this.#target = buffer;
      this.#filled = 0;
      this.#failed = reject;
      this.#done = () => {
        this.#done = undefined;
        resolve(this.#filled);
      };
      const wantsMore = this.#take(this.#left);
      if (this.#ended) this.#done?.();
      else if (wantsMore) this.#socket.resume();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Copies what fits; what is left waits in the read buffer, which is why no further read may happen then. */
  #take(bytes: Buffer): boolean {
    const copied = bytes.copy(this.#target, this.#filled);
    this.#filled += copied;
    this.#left = bytes.subarray(copied);
    if (this.#filled < this.#target.length) return true;
    this.#done?.();
    return false;
  }
}

/** A file (`aws s3 cp - … < file`) never keeps anybody waiting. */
class FileInput implements StandardInput {
  async fill(buffer: Buffer): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      const bytes = readSync(0, buffer, filled, buffer.length - filled, null);
      if (bytes === 0) break;
      filled += bytes;
    }
    return filled;
  }

  close(): void {}
}
