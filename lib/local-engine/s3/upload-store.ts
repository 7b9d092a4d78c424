import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket } from './bucket.ts';
import { uniqueName } from './layout.ts';
import { MultipartUpload, noSuchUpload, type Part, type UploadFacts } from './multipart-upload.ts';
import { compareKeys } from './object-index.ts';

/** The multipart uploads in progress of one bucket, those of an earlier engine included. */
export class UploadStore {
  readonly #bucket: Bucket;
  readonly #uploads = new Map<string, MultipartUpload>();

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
    for (const uploadId of readdirSync(bucket.uploads)) {
      const upload = this.#load(uploadId);
      if (upload) this.#uploads.set(uploadId, upload);
    }
  }

  async create(facts: Omit<UploadFacts, 'uploadId'>): Promise<MultipartUpload> {
    const uploadId = uniqueName();
    const upload = new MultipartUpload({ ...facts, uploadId }, join(this.#bucket.uploads, uploadId), this.#bucket.incoming);
    await upload.start();
    this.#uploads.set(uploadId, upload);
    return upload;
  }

  /** Throws `NoSuchUpload`. */
  get(key: string, uploadId: string): MultipartUpload {
    const upload = this.find(key, uploadId);
    if (!upload) throw noSuchUpload();
    return upload;
  }

  find(key: string, uploadId: string): MultipartUpload | undefined {
    const upload = this.#uploads.get(uploadId);
    return upload?.facts.key === key ? upload : undefined;
  }

  /** Forgets the upload and removes its parts. */
  async remove(upload: MultipartUpload): Promise<void> {
    this.#uploads.delete(upload.facts.uploadId);
    await upload.discard();
  }

  /** By key, then by age. */
  list(): UploadFacts[] {
    return [...this.#uploads.values()]
      .map((upload) => upload.facts)
      .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.initiated, b.initiated) || compareKeys(a.uploadId, b.uploadId));
  }

  #load(uploadId: string): MultipartUpload | undefined {
    const folder = join(this.#bucket.uploads, uploadId);
    try {
      const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
      const parts = readdirSync(folder).filter((name) => /^part-\d+\.json$/.test(name));
      return new MultipartUpload(
        read<UploadFacts>('upload.json'),
        folder,
        this.#bucket.incoming,
        parts.map((name) => read<Part>(name)),
      );
    } catch (error) {
      process.emitWarning(`${folder} is unreadable, its upload is not listed: ${String(error)}`);
      return undefined;
    }
  }
}
