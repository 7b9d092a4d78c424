import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// <directory>/<bucket>/bucket.json            when it was made and the properties it was given
// <directory>/<bucket>/objects/<file>         the bytes of one version, nothing else
// <directory>/<bucket>/objects/<name>.json    what S3 knows about that version; its rename into place is the commit
// <directory>/<bucket>/uploads/<id>/          multipart uploads in progress
// <directory>/<bucket>/incoming/              half-written files; emptied at the next start

/** The version id of everything written while versioning is not enabled. */
export const NULL_VERSION = 'null';

export function objectsFolder(directory: string, bucket: string): string {
  return join(directory, bucket, 'objects');
}

export function uploadsFolder(directory: string, bucket: string): string {
  return join(directory, bucket, 'uploads');
}

export function incomingFolder(directory: string, bucket: string): string {
  return join(directory, bucket, 'incoming');
}

/**
 * The stem of a version's files. Keys are up to 1,024 bytes of anything while a file name has 255 bytes, so the hash makes the
 * name unique and the end of the key makes it readable.
 */
export function versionName(key: string, versionId: string): string {
  const readable = key.replace(/[^A-Za-z0-9._-]/g, '_').slice(-80);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${readable}.${hash}.${versionId}`;
}

/** The file with the bytes of a new version. A `null` version can be replaced, so each of its lives has a file of its own. */
export function bytesName(key: string, versionId: string): string {
  return versionId === NULL_VERSION ? `${versionName(key, versionId)}-${uniqueName()}` : versionName(key, versionId);
}

/**
 * The file that holds the bytes of a version, for any process that can read the folder. Says nothing about whether the file is
 * there; for the version `null` it reads the metadata and throws `ENOENT` where there is none.
 */
export function locateObject(directory: string, bucket: string, key: string, versionId: string): string {
  if (!isBucketName(bucket)) throw new TypeError(`${bucket} is not the name of a bucket`);
  if (!/^[A-Za-z0-9_-]+$/.test(versionId)) throw new TypeError(`${versionId} is not a version id`);
  const stem = join(objectsFolder(directory, bucket), versionName(key, versionId));
  if (versionId !== NULL_VERSION) return stem;
  const { file } = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as { file: string };
  return join(objectsFolder(directory, bucket), file);
}

export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
}

/** 32 characters that are safe in URLs, XML and file names. */
export function uniqueName(): string {
  return randomBytes(24).toString('base64url');
}

/** Writes a JSON file whole or not at all: a killed engine leaves the old one. */
export async function writeJson(path: string, value: unknown, incoming: string): Promise<void> {
  const temporary = join(incoming, uniqueName());
  await writeFile(temporary, `${JSON.stringify(value, null, 1)}\n`);
  await rename(temporary, path);
}
