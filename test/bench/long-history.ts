import { parseManifest, serializeManifest } from '../../functions/contract/manifest.ts';
import { proofSchema } from '../../functions/contract/proof.ts';
import { writeLongHistory } from '../support/long-history.ts';
import { TamperedVault } from '../support/vault.ts';
import { backup } from './capture.ts';
import { withEngine } from './history.ts';
import { absolute, median, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

const POINTS = 10_000;
const MOST_SECONDS = 10;

/** What a person waits for when there are ten years of points; most of it is the start of an engine that reads 30,000 small files. */
export async function longHistoryBench(stage: Stage): Promise<Row[]> {
  const volume = await stage.host.volume('long', { 'invoice.txt': '100' });
  const suite = await stage.suite('long', { volumes: [{ name: 'uploads', volume: volume.name }] });
  await backup(suite);
  const vault = await TamperedVault.open(suite.home);
  const read = async (pattern: RegExp) => JSON.parse((await vault.read(await vault.key(pattern))).toString());
  const manifest = await read(/\/recovery-points\//);
  const id = String(manifest.id);
  const { checksum: _, ...sealed } = parseManifest(JSON.stringify(manifest), { suite: suite.name, id });
  const proof = proofSchema.parse(await read(/\/proofs\//));
  const bucket = await withEngine(suite.home, async (engine) => engine.outputs(`${suite.name}-backup`).VaultBucket!);
  say(`${POINTS} points are written`);
  writeLongHistory(suite.home, bucket, {
    suite: suite.name,
    points: POINTS,
    manifest: (point) => serializeManifest({ ...sealed, id: point }),
    proof: (point, own) => JSON.stringify({ ...proof, point, id: own }),
  });
  const rows: Row[] = [];
  for (const [verb, ...words] of [['status'], ['list', '--limit', '20'], ['prune', '--dry-run']] as const) {
    const seconds: number[] = [];
    for (let round = 1; round <= stage.rounds; round++) {
      const result = await suite.run(verb, ...words);
      if (!result.json.ok) throw new Error(result.stderr);
      seconds.push(result.seconds);
    }
    const measured = { what: `${[verb, ...words].join(' ')} with 10,000 points`, unit: 's', ours: median(seconds) } as const;
    rows.push(absolute(measured, { kind: 'at-most', value: MOST_SECONDS }));
  }
  return rows;
}
