/** Packets of OpenPGP: https://www.rfc-editor.org/rfc/rfc4880#section-4 */
export const TAG = {
  publicKeySessionKey: 1,
  passphraseSessionKey: 3,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  compressed: 8,
  literal: 11,
  publicSubkey: 14,
  protectedData: 18,
} as const;

export interface PacketHeader {
  readonly tag: number;
  /** Of the header itself. */
  readonly bytes: number;
  /** Of the body, or of its first part; null: to the end of what it lies in. */
  readonly length: number | null;
  /** Another part follows the first. */
  readonly isPartial: boolean;
}

/** The header that begins at `at`; undefined when there is none, or not all of it. */
export function packetHeader(bytes: Buffer, at = 0): PacketHeader | undefined {
  const first = bytes[at];
  if (first === undefined || (first & 0x80) === 0) return undefined;
  if ((first & 0x40) === 0) {
    const size = [1, 2, 4, 0][first & 3]!;
    if (at + 1 + size > bytes.length) return undefined;
    const length = size === 0 ? null : bytes.readUIntBE(at + 1, size);
    return { tag: (first >> 2) & 15, bytes: 1 + size, length, isPartial: false };
  }
  const length = partLength(bytes, at + 1);
  return length && { tag: first & 63, bytes: 1 + length.bytes, length: length.length, isPartial: length.isPartial };
}

/** A length as new packets, and every further part of one, begin with. */
export function partLength(
  bytes: Buffer,
  at = 0,
): (Omit<PacketHeader, 'tag' | 'length'> & { readonly length: number }) | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 192) return { bytes: 1, length: first, isPartial: false };
  if (first < 224) {
    const second = bytes[at + 1];
    return second === undefined ? undefined : { bytes: 2, length: ((first - 192) << 8) + second + 192, isPartial: false };
  }
  if (first < 255) return { bytes: 1, length: 2 ** (first & 31), isPartial: true };
  return at + 5 > bytes.length ? undefined : { bytes: 5, length: bytes.readUInt32BE(at + 1), isPartial: false };
}

/** Whole packets one behind the other, as keys are. What is cut is left out. */
export function packetsIn(bytes: Buffer): { tag: number; body: Buffer }[] {
  const found: { tag: number; body: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = packetHeader(bytes, at);
    if (!header || header.length === null || header.isPartial) break;
    const begin = at + header.bytes;
    at = begin + header.length;
    if (at > bytes.length) break;
    found.push({ tag: header.tag, body: bytes.subarray(begin, at) });
  }
  return found;
}

/** Takes fields off a packet. @throws RangeError when it ends before. */
export class Fields {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new RangeError('An OpenPGP packet ends too early.');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** A number behind its length in bits. */
  number(): Buffer {
    return this.take((this.take(2).readUInt16BE() + 7) >> 3);
  }

  /** Behind its length in bytes. */
  text(): Buffer {
    return this.take(this.byte());
  }

  rest(): Buffer {
    return this.take(this.bytes.length - this.at);
  }

  /** What was taken so far. */
  taken(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}
