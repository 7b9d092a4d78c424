import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Bucket } from '../../../../lib/local-engine/s3/bucket.ts';
import { parseBucketProperties } from '../../../../lib/local-engine/s3/bucket-properties.ts';
import { carryOutLifecycle } from '../../../../lib/local-engine/s3/carry-out-lifecycle.ts';
import type { LifecycleRule } from '../../../../lib/local-engine/s3/lifecycle.ts';
import { UploadStore } from '../../../../lib/local-engine/s3/upload-store.ts';

const HOUR = 3_600_000;
const START = Date.parse('2024-02-20T00:00:00Z');
const DAYS = 40;
/** From the dearest to the cheapest; between these there is a way down from each to each. */
const CLASSES = ['STANDARD', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'];
const SMALL = 1000;
const LARGE = 128 * 1024;

/** An entry as the model sees it: it only counts the midnights that it has lived through. */
interface Entry {
  id: string;
  marker: boolean;
  age: number;
  size: number;
  tag: string;
  storageClass: string;
}

type Random = (below: number) => number;

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'day by day a bucket ends as a naive model of the rules does (%i)',
  async (seed) => {
    const random = generator(seed);
    const versioned = random(4) > 0;
    const rules = Array.from({ length: 1 + random(6) }, (_, index) => randomRule(random, index));
    const world = new World(versioned, rules);
    for (let day = 0; day < DAYS; day += 1) {
      for (let turn = random(4); turn > 0; turn -= 1) await world.happen(random, day);
      await world.midnight(day + 1);
      expect({ day, rules, state: world.real() }).toEqual({ day, rules, state: world.modelled() });
    }
  },
);

/** The same things happen to a real bucket and to the model. */
class World {
  readonly #bucket: Bucket;
  readonly #rules: LifecycleRule[];
  readonly #versioned: boolean;
  readonly #model: Record<string, Entry[]> = { a1: [], b1: [] };
  #now = START;

  constructor(versioned: boolean, Rules: LifecycleRule[]) {
    const directory = mkdtempSync(join(tmpdir(), 'lifecycle-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const properties = parseBucketProperties({
      ...(versioned && { VersioningConfiguration: { Status: 'Enabled' } }),
      LifecycleConfiguration: { Rules },
    });
    const settings = { clock: () => new Date(this.#now), thawMilliseconds: 1 };
    this.#bucket = new Bucket(directory, 'aged', { created: new Date(START), properties }, settings);
    this.#rules = Rules;
    this.#versioned = versioned;
  }

  async happen(random: Random, day: number): Promise<void> {
    this.#now = Math.max(this.#now, START + (day * 24 + random(24)) * HOUR + random(HOUR));
    const key = ['a1', 'b1'][random(2)]!;
    const entries = this.#model[key]!;
    const chosen = entries[random(Math.max(1, entries.length))];
    const what = random(8);
    if (what < 4) await this.#put(key, random(2) === 0 ? SMALL : LARGE, ['x', 'y'][random(2)]!);
    else if (what < 5) await this.#hide(key);
    else if (what < 6 && chosen !== undefined) await this.#remove(key, chosen);
    else if (chosen !== undefined && !chosen.marker) await this.#tag(key, chosen, ['x', 'y'][random(2)]!);
  }

  async midnight(day: number): Promise<void> {
    this.#now = START + day * 24 * HOUR;
    for (const entries of Object.values(this.#model)) for (const entry of entries) entry.age += 1;
    await carryOutLifecycle({ bucket: this.#bucket, uploads: new UploadStore(this.#bucket) }, new Date(this.#now), () => {});
    const hidden = this.real();
    for (const [key, entries] of Object.entries(this.#model)) {
      this.#model[key] = naive(entries, this.#rules, key, this.#versioned, () => hidden[key]?.[0]?.split(' ')[0] ?? 'none');
    }
  }

  real(): Record<string, string[]> {
    const told = (key: string) =>
      this.#bucket.index
        .versionsOf(key)
        .map((version) => `${version.versionId} ${version.deleteMarker ? 'marker' : (version.storageClass ?? 'STANDARD')}`);
    return { a1: told('a1'), b1: told('b1') };
  }

  modelled(): Record<string, string[]> {
    const told = (key: string) => this.#model[key]!.map((entry) => `${entry.id} ${entry.marker ? 'marker' : entry.storageClass}`);
    return { a1: told('a1'), b1: told('b1') };
  }

  async #put(key: string, size: number, tag: string): Promise<void> {
    const path = await this.#bucket.stage(async () => {});
    const staged = {
      key,
      path,
      size,
      etag: 'etag',
      checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: '' } as const,
      headers: {},
      tags: [{ key: 't', value: tag }],
      encryption: { algorithm: 'AES256' } as const,
    };
    const { versionId } = await this.#bucket.commit(staged, { kind: 'none' }, 0);
    const older = this.#versioned ? this.#model[key]! : [];
    this.#model[key] = [{ id: versionId, marker: false, age: 0, size, tag, storageClass: 'STANDARD' }, ...older];
  }

  async #hide(key: string): Promise<void> {
    const marker = await this.#bucket.deleteKey(key, () => {});
    const older = this.#model[key]!;
    this.#model[key] = marker === undefined ? [] : [madeMarker(marker.versionId), ...older];
  }

  async #remove(key: string, { id }: Entry): Promise<void> {
    await this.#bucket.deleteVersion(key, id, () => {});
    this.#model[key] = this.#model[key]!.filter((entry) => entry.id !== id);
  }

  async #tag(key: string, entry: Entry, tag: string): Promise<void> {
    const version = this.#bucket.index.find(key, entry.id);
    if (version?.deleteMarker !== false) throw new Error('the bucket has lost what the model has');
    await this.#bucket.amend(version, () => ({ tags: [{ key: 't', value: tag }] }));
    entry.tag = tag;
  }
}

/** One night of one key, told as the user guide tells it: an action with N days is due once more than N midnights have passed. */
function naive(entries: Entry[], rules: LifecycleRule[], key: string, versioned: boolean, newMarker: () => string): Entry[] {
  const matches = (rule: LifecycleRule, entry: Entry): boolean => {
    if (rule.Status !== 'Enabled' || !key.startsWith(rule.Prefix ?? '')) return false;
    if (entry.marker) return rule.TagFilters === undefined && rule.ObjectSizeGreaterThan === undefined;
    if (rule.TagFilters !== undefined && rule.TagFilters[0]!.Value !== entry.tag) return false;
    return rule.ObjectSizeGreaterThan === undefined || entry.size > Number(rule.ObjectSizeGreaterThan);
  };
  const cheapest = (entry: Entry, targets: { rule: LifecycleRule; storageClass: string }[]): string => {
    const possible = targets.filter(({ rule }) => entry.size >= LARGE || rule.ObjectSizeGreaterThan !== undefined);
    const names = [entry.storageClass, ...possible.map(({ storageClass }) => storageClass)];
    return names.sort((a, b) => CLASSES.indexOf(b) - CLASSES.indexOf(a))[0]!;
  };

  const left: Entry[] = [];
  entries.forEach((entry, position) => {
    const mine = rules.filter((rule) => matches(rule, entry));
    if (position > 0) {
      const hiddenFor = entries[position - 1]!.age;
      const newer = entries.slice(1, position).filter(({ marker }) => !marker).length;
      const removed = mine.some(({ NoncurrentVersionExpiration: rule }) => {
        return rule !== undefined && hiddenFor > rule.NoncurrentDays && newer >= (rule.NewerNoncurrentVersions ?? 0);
      });
      if (removed) return;
      const targets = mine.flatMap((rule) =>
        (rule.NoncurrentVersionTransitions ?? [])
          .filter((move) => hiddenFor > move.TransitionInDays && newer >= (move.NewerNoncurrentVersions ?? 0))
          .map(({ StorageClass }) => ({ rule, storageClass: StorageClass })),
      );
      left.push(entry.marker ? entry : { ...entry, storageClass: cheapest(entry, targets) });
      return;
    }
    const expiries = mine.flatMap(({ ExpirationInDays: days }) => (days === undefined ? [] : [days]));
    if (entry.marker) {
      const lone = entries.length === 1;
      const cleaned = mine.some(({ ExpiredObjectDeleteMarker }) => ExpiredObjectDeleteMarker) && entry.age > 0;
      if (!lone || !(cleaned || expiries.some((days) => entry.age > days))) left.push(entry);
      return;
    }
    const moves = mine.flatMap((rule) =>
      (rule.Transitions ?? []).map(({ StorageClass, TransitionInDays }) => ({
        rule,
        storageClass: StorageClass,
        days: TransitionInDays!,
      })),
    );
    const first = Math.min(...expiries);
    const waits = versioned && moves.some(({ days }) => days === first) ? 1 : 0;
    const expires = entry.age > first + waits;
    if (expires && !versioned) return;
    const due = moves.filter(({ days }) => entry.age > days && (!expires || days <= first));
    if (expires) left.push(madeMarker(newMarker()));
    left.push({ ...entry, storageClass: cheapest(entry, due) });
  });
  return left;
}

function madeMarker(id: string): Entry {
  return { id, marker: true, age: 0, size: 0, tag: '', storageClass: 'STANDARD' };
}

function randomRule(random: Random, index: number): LifecycleRule {
  const tagged = random(3) === 0;
  const days = 1 + random(4);
  const move = () => ({ StorageClass: CLASSES[1 + random(3)]!, TransitionInDays: random(5) });
  const newer = random(3) === 0 ? { NewerNoncurrentVersions: 1 + random(2) } : {};
  const actions: Partial<LifecycleRule>[] = [
    { ExpirationInDays: days },
    { NoncurrentVersionExpiration: { NoncurrentDays: days, ...newer } },
    { ExpirationInDays: days, NoncurrentVersionExpiration: { NoncurrentDays: 1 + random(4), ...newer } },
    { Transitions: [move(), move()] },
    { NoncurrentVersionTransitions: [{ ...move(), ...newer }] },
    { NoncurrentVersionTransitions: [move()], NoncurrentVersionExpiration: { NoncurrentDays: days } },
    ...(tagged ? [] : [{ ExpiredObjectDeleteMarker: true }]),
  ];
  return {
    Id: `rule ${index}`,
    Status: random(8) === 0 ? 'Disabled' : 'Enabled',
    ...(random(2) === 0 && { Prefix: ['a', 'b'][random(2)]! }),
    ...(tagged && { TagFilters: [{ Key: 't', Value: ['x', 'y'][random(2)]! }] }),
    ...(random(4) === 0 && { ObjectSizeGreaterThan: [10, SMALL][random(2)]! }),
    ...actions[random(actions.length)]!,
  };
}

/** A generator of its own, so that a seed that fails can be run again (xorshift32). */
function generator(seed: number): Random {
  let state = (seed + 1) * 2_654_435_761;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
