const BLOCK = 512;
const ZEROS = Buffer.alloc(64 * 1024);
/** A part of a sparse file that the archive holds: where in the file, how many bytes. */
type Part = readonly [offset: number, bytes: number];

/**
 * A tar archive in GNU's format as if none of its files had holes: a sparse entry (type `S`: only the parts that hold data, with a map of
 * them) becomes a file with all its zeros, for readers that know no such entries. Everything else passes as it is.
 */
export async function* fillHoles(tar: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const blocks = new Blocks(tar);
  for (let header = await blocks.read(BLOCK); header.length > 0; header = await blocks.read(BLOCK)) {
    const size = numberAt(header, 124);
    if (header.length < BLOCK || header.toString('latin1', 156, 157) !== 'S') {
      yield header;
      yield* blocks.pass(padded(size));
      continue;
    }
    const parts = partsAt(header, 386, 4);
    for (let more = header[482] === 1; more; ) {
      const extension = await blocks.read(BLOCK);
      if (extension.length < BLOCK) throw new Error('The archive ends within the map of a sparse file.');
      parts.push(...partsAt(extension, 0, 21));
      more = extension[504] === 1;
    }
    const whole = numberAt(header, 483);
    yield plainHeader(header, whole);
    let at = 0;
    for (const [offset, bytes] of parts) {
      yield* zeros(offset - at);
      yield* blocks.pass(bytes);
      at = offset + bytes;
    }
    yield* zeros(padded(whole) - at);
    await blocks.skip(padded(size) - size);
  }
}

/** Bytes of a stream in the amounts that are wanted, without copying what only passes. */
class Blocks {
  readonly #source: AsyncIterator<unknown>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<unknown>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** `bytes`, or fewer at the end. */
  async read(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pass(bytes)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  async skip(bytes: number): Promise<void> {
    for await (const _ of this.pass(bytes));
  }

  async *pass(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#chunk.length === 0) {
        const next = await this.#source.next();
        if (next.done) return;
        this.#chunk = next.value as Buffer;
      }
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

function* zeros(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, left);
}

/** Octal digits, or, where these do not suffice, a big-endian number behind a byte with its highest bit set. */
function numberAt(block: Buffer, at: number): number {
  if (block[at]! >= 0x80) return Number(block.readBigUInt64BE(at + 4));
  return Number.parseInt(block.toString('latin1', at, at + 12), 8) || 0;
}

function partsAt(block: Buffer, at: number, count: number): Part[] {
  const places = Array.from({ length: count }, (_, index) => at + index * 24);
  return places.filter((place) => block[place + 12] !== 0).map((place) => [numberAt(block, place), numberAt(block, place + 12)]);
}

function plainHeader(sparse: Buffer, size: number): Buffer {
  const header = Buffer.from(sparse);
  header.fill(0, 345);
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(size), 128);
  header.write('0        ', 156, 1, 'latin1');
  header.write(' '.repeat(8), 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
