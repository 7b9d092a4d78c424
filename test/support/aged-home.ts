import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DAY = 86_400_000;
/** What S3 remembers of time about a version, an upload, a lock or a thawed copy. */
const TIMES = ['lastModified', 'initiated', 'until', 'readyAt'];

/**
 * Makes everything in a closed home's buckets look as if it had been written so many days earlier. The names of objects, and what stands
 * in them, keep their times. What is due by then is done at the engine's next start.
 */
export function ageHome(home: string, days: number): void {
  const earlier = (name: string, value: unknown): unknown =>
    TIMES.includes(name) && typeof value === 'string' ? new Date(Date.parse(value) - days * DAY).toISOString() : value;
  for (const file of filesOf(join(home, 's3'))) {
    if (!/\/(objects|uploads)\/.*\.json$/.test(file)) continue;
    writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8'), earlier)));
  }
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
