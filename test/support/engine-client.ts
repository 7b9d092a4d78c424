import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const card = z.object({
  endpoint: z.string(),
  region: z.string(),
  operator: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});

/** What an AWS client needs to speak, as the operator, to the engine that runs in a home: what the engine itself leaves there. */
export async function engineOf(home: string) {
  const { endpoint, region, operator } = card.parse(JSON.parse(await readFile(join(home, 'engine.json'), 'utf8')));
  return { endpoint, region, credentials: operator };
}
