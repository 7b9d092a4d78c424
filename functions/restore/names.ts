/** PostgreSQL keeps 63 bytes of a name and cuts the rest off without an error. */
const LONGEST_NAME = 63;

/**
 * `<name><suffix>`, the name cut so that the whole fits; when it is taken `_2`, `_3`… is appended.
 */
export function databaseName(name: string, suffix: string, taken: readonly string[]): string {
  for (let count = 1; ; count++) {
    const end = count === 1 ? suffix : `${suffix}_${count}`;
    const candidate = `${cut(name, LONGEST_NAME - Buffer.byteLength(end))}${end}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/** The beginning of a text that has at most so many bytes of UTF-8 and no character in half. */
function cut(text: string, bytes: number): string {
  let kept = '';
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    kept += character;
  }
  return kept;
}
