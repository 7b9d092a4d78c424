import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idOf } from '../../functions/contract/ids.ts';
import { keys } from '../../functions/contract/keys.ts';
import { retentionKey } from '../../functions/contract/retention.ts';
import { objectsFolder, versionName } from '../../lib/local-engine/s3/layout.ts';
import type { ObjectVersion } from '../../lib/local-engine/s3/version.ts';

const YEARS = 10;
/** Of the newest so many points the bytes are there, too; of the others nobody should want them. */
const READ = 500;

export interface LongHistory {
  suite: string;
  points: number;
  /** The text of the manifest and of the proof of a point. */
  manifest: (id: string) => string;
  proof: (id: string, proofId: string) => string;
}

/**
 * Ten years of proven points, as they lie in the bucket of a home whose engine is not running: each with its manifest, its proof and the
 * decision about it. Gives the ids, oldest first.
 */
export function writeLongHistory(home: string, bucket: string, { suite, points, manifest, proof }: LongHistory): string[] {
  const folder = objectsFolder(join(home, 's3'), bucket);
  mkdirSync(folder, { recursive: true });
  const end = Date.now() - 3_600_000;
  const apart = (YEARS * 365 * 86_400_000) / points;
  const times = Array.from({ length: points }, (_, index) => new Date(end - (points - 1 - index) * apart));
  let sequence = 0;
  const put = (key: string, at: Date, text: string | null) => {
    sequence += 1;
    const version = { key, versionId: `v${sequence}`, sequence, lastModified: at.toISOString(), deleteMarker: false };
    const file = versionName(key, version.versionId);
    const object = { ...version, file, size: text === null ? 1000 : Buffer.byteLength(text), etag: 'e', headers: {}, tags: [] };
    const rest = { encryption: { algorithm: 'AES256' }, checksum: { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: '' } };
    if (text !== null) writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, `${file}.json`), JSON.stringify({ ...object, ...rest } as ObjectVersion));
  };
  for (const [index, at] of times.entries()) {
    const id = idOf(at);
    const proofId = `${id}-aaaa`;
    const isRead = index >= points - READ;
    put(keys.manifest(suite, id), at, isRead ? manifest(id) : null);
    put(keys.proof(suite, id, proofId, true), at, isRead ? proof(id, proofId) : null);
    const decision = { id, time: `${id.slice(0, -1)}000Z`, hold: 'tier', tier: 'yearly', asked: 'daily' } as const;
    put(retentionKey(suite, decision), at, null);
  }
  return times.map(idOf);
}
