/** Takes bytes off a stream in the pieces that a format asks for. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private held: Buffer;

  constructor(source: AsyncIterable<unknown>) {
    this.source = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.held = Buffer.alloc(0);
  }

  /** The next so many, or what there is until the end; they stay where they are. */
  async peek(bytes: number): Promise<Buffer> {
    const pieces = [this.held];
    let length = this.held.length;
    while (length < bytes) {
      const { done, value } = await this.source.next();
      if (done) break;
      pieces.push(value);
      length += value.length;
    }
    if (pieces.length > 1) this.held = Buffer.concat(pieces);
    return this.held.subarray(0, bytes);
  }

  /** Leaves bytes behind that were looked at. */
  skip(bytes: number): void {
    this.held = this.held.subarray(bytes);
  }

  /** Exactly so many. @throws RangeError when the stream ends before. */
  async take(bytes: number): Promise<Buffer> {
    const found = await this.peek(bytes);
    if (found.length < bytes) throw new RangeError('The stored object ends too early.');
    this.skip(bytes);
    return found;
  }

  /** What has arrived, at most so many, at least one; nothing at the end. */
  async some(most: number): Promise<Buffer> {
    const found = (this.held.length > 0 ? this.held : (await this.peek(1)) && this.held).subarray(0, most);
    this.skip(found.length);
    return found;
  }
}
