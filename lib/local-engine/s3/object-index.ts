import type { Version } from './version.ts';

/** Every version of a bucket in memory: by key, the newest first, with the keys in S3's order. */
export class ObjectIndex {
  readonly #versions = new Map<string, Version[]>();
  #keys: string[] = [];

  /** Fills the index at once; adding 10,000 keys one by one would sort 10,000 times. */
  load(versions: Version[]): void {
    for (const version of versions) {
      const list = this.#versions.get(version.key);
      if (list) list.push(version);
      else this.#versions.set(version.key, [version]);
    }
    for (const list of this.#versions.values()) list.sort((a, b) => b.sequence - a.sequence);
    this.#keys = [...this.#versions.keys()].sort(compareKeys);
  }

  /** The newest version of a key, which may be a delete marker. */
  newest(key: string): Version | undefined {
    return this.#versions.get(key)?.[0];
  }

  find(key: string, versionId: string): Version | undefined {
    return this.#versions.get(key)?.find((version) => version.versionId === versionId);
  }

  /** All versions of a key, the newest first. */
  versionsOf(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  /** All keys that have a version, in the order of their UTF-8 bytes. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  /** Puts a version in front of its key's others; one with the same id (`null`) gives way. */
  add(version: Version): void {
    const others = this.versionsOf(version.key).filter((other) => other.versionId !== version.versionId);
    if (!this.#versions.has(version.key)) this.#keys.splice(this.lowerBound(version.key), 0, version.key);
    this.#versions.set(version.key, [version, ...others]);
  }

  /** Puts changed facts about a version in the place of the old ones. */
  replace(version: Version): void {
    const list = this.versionsOf(version.key).map((other) => (other.versionId === version.versionId ? version : other));
    this.#versions.set(version.key, list);
  }

  remove(version: Version): void {
    const rest = this.versionsOf(version.key).filter((other) => other.versionId !== version.versionId);
    if (rest.length > 0) {
      this.#versions.set(version.key, rest);
    } else if (this.#versions.delete(version.key)) {
      this.#keys.splice(this.lowerBound(version.key), 1);
    }
  }

  /** The position of the first key that is not before `key`. */
  lowerBound(key: string): number {
    return this.firstPosition((candidate) => compareKeys(candidate, key) >= 0);
  }

  /** The position behind the last key with this prefix, from anywhere: keys of one prefix lie side by side. */
  behindPrefix(prefix: string): number {
    return this.firstPosition((candidate) => compareKeys(candidate, prefix) > 0 && !candidate.startsWith(prefix));
  }

  /** Binary search for the first key that fulfils a condition which all later keys fulfil too. */
  firstPosition(condition: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (condition(this.#keys[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** S3's order: by UTF-8 bytes. UTF-16 units give the same but for surrogates, which stand for the characters above all others. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}
