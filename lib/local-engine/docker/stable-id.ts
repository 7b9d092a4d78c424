/**
 * An id of 64 hexadecimal digits that is always the same for a name. Not SHA-256: nobody relies on its strength, and loading `node:crypto` would
 * cost every single `docker` call 5 ms.
 */
export function stableId(name: string): string {
  const words: string[] = [];
  for (let seed = 1; seed <= 8; seed++) {
    let hash = Math.imul(seed, 0x9e3779b1) ^ 0x811c9dc5;
    for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    words.push(((hash ^ (hash >>> 13)) >>> 0).toString(16).padStart(8, '0'));
  }
  return words.join('');
}
