/** Free text travels to a host document as base64, a list with a NUL after each item inside: no character of it meets a shell. */
export function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function encodeList(list: readonly string[]): string {
  return encode(list.map((item) => `${item}\0`).join(''));
}
