import { S3Error } from './s3-error.ts';

const LONGEST_LINE = 16 * 1024;

/**
 * Decodes `aws-chunked` with unsigned chunks: yields the body, and puts the trailers (names in lower case) into `trailers` once
 * the last chunk is read. Throws `IncompleteBody` where the framing is broken or ends early. Yields slices of what came in, so it
 * copies nothing but lines that fall across two reads.
 */
export async function* decodeAwsChunked(source: AsyncIterable<Buffer>, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  let state: 'size' | 'data' | 'after-data' | 'trailers' | 'end' = 'size';
  let line = '';
  let left = 0;
  for await (const bytes of source) {
    let at = 0;
    while (at < bytes.length) {
      if (state === 'end') throw incomplete('there are bytes behind the last chunk');
      if (state === 'data') {
        const slice = bytes.subarray(at, at + left);
        at += slice.length;
        left -= slice.length;
        if (left === 0) state = 'after-data';
        yield slice;
        continue;
      }
      const newline = bytes.indexOf(10, at);
      line += bytes.toString('latin1', at, newline < 0 ? bytes.length : newline);
      if (line.length > LONGEST_LINE) throw incomplete('a line is too long');
      if (newline < 0) break;
      at = newline + 1;
      const text = endOfLine(line);
      line = '';
      if (state === 'after-data') {
        if (text !== '') throw incomplete('a chunk is longer than it says');
        state = 'size';
      } else if (state === 'size') {
        left = chunkSize(text);
        state = left > 0 ? 'data' : 'trailers';
      } else if (text === '') {
        state = 'end';
      } else {
        const colon = text.indexOf(':');
        if (colon < 1) throw new S3Error('MalformedTrailerError', `The trailer "${text}" has no name.`);
        trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
      }
    }
  }
  if (state !== 'end') throw incomplete('it ends before the last chunk');
}

function endOfLine(line: string): string {
  if (!line.endsWith('\r')) throw incomplete('a line does not end with CR LF');
  return line.slice(0, -1);
}

function chunkSize(text: string): number {
  if (!/^[0-9a-fA-F]{1,13}$/.test(text)) throw incomplete(`"${text}" is not the size of an unsigned chunk`);
  return Number.parseInt(text, 16);
}

function incomplete(reason: string): S3Error {
  return new S3Error('IncompleteBody', `The aws-chunked body is broken: ${reason}.`);
}
