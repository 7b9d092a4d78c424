/** How age writes its keys: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki, without its limit of length. */
const CHARACTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_LENGTH = 6;

/** The bytes of a text that begins with `prefix` and `1`; undefined when it is none, or somebody mistyped it. */
export function decodeBech32(prefix: string, text: string): Buffer | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  if (!lower.startsWith(`${prefix}1`) || lower.lastIndexOf('1') !== prefix.length) return undefined;
  const values = [...lower.slice(prefix.length + 1)].map((character) => CHARACTERS.indexOf(character));
  if (values.includes(-1) || values.length < CHECKSUM_LENGTH) return undefined;
  if (polymod([...expanded(prefix), ...values]) !== 1) return undefined;
  return bytesOf(values.slice(0, -CHECKSUM_LENGTH));
}

/** In lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const values = fivesOf(bytes);
  const check = polymod([...expanded(prefix), ...values, ...Array<number>(CHECKSUM_LENGTH).fill(0)]) ^ 1;
  const checksum = Array.from({ length: CHECKSUM_LENGTH }, (_, at) => (check >> (5 * (CHECKSUM_LENGTH - 1 - at))) & 31);
  return `${prefix}1${[...values, ...checksum].map((value) => CHARACTERS[value]).join('')}`;
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if ((top >> bit) & 1) sum ^= generator;
  }
  return sum;
}

function expanded(prefix: string): number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/** Eight bits each from five bits each; what is left over must be fewer than five zeros. */
function bytesOf(fives: readonly number[]): Buffer | undefined {
  const bytes: number[] = [];
  let [held, bits] = [0, 0];
  for (const five of fives) {
    held = ((held << 5) | five) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
  }
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? Buffer.from(bytes) : undefined;
}

function fivesOf(bytes: Uint8Array): number[] {
  const fives: number[] = [];
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) fives.push((held >> (bits - 5)) & 31);
  }
  if (bits > 0) fives.push((held << (5 - bits)) & 31);
  return fives;
}
