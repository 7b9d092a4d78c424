/** The bytes of every `-----BEGIN KIND-----` block of a text: RFC 4880, 6.2. Their checksums are left to whoever reads the packets. */
export function unarmor(text: string, kind: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${kind}-----\\r?\\n([\\s\\S]*?)-----END ${kind}-----`, 'g');
  return [...text.matchAll(block)].map(([, inside]) => {
    const lines = inside!.split(/\r?\n/);
    const body = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
    return Buffer.from(body.join(''), 'base64');
  });
}
