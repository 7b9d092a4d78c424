import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const message = z.object({ subject: z.string(), message: z.string() });
export type Alert = z.infer<typeof message>;

/** What the operators of a local home were told, in the order of time. */
export async function alertsOf(home: string): Promise<Alert[]> {
  const names = await readdir(join(home, 'outbox')).catch(() => []);
  const texts = await Promise.all(names.sort().map((name) => readFile(join(home, 'outbox', name), 'utf8')));
  return texts.map((text) => message.parse(JSON.parse(text)));
}
