import { readBackParts } from '../../functions/contract/proof.ts';
import { callerEnvironment } from '../../lib/local-engine/principals.ts';
import { Forgery } from '../support/forgery.ts';
import { TamperedVault } from '../support/vault.ts';
import { backup } from './capture.ts';
import { callHandler, functionsOf } from './handlers.ts';
import { withEngine } from './history.ts';
import { absolute, median, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

const LEAST_MB_PER_SECOND = 100;
const MOST_MEMORY_MB = 192;

/** The read-back agent alone on one core, over everything that a backup of the volume stored. */
export async function readBackBench(stage: Stage): Promise<Row[]> {
  const suite = await stage.volumeSuite();
  say('read-back');
  await backup(suite);
  const vault = await TamperedVault.open(suite.home);
  const id = /\/(\d{8}T\d{6}Z)\.json$/.exec((await vault.keys()).filter((key) => key.includes('/recovery-points/')).at(-1)!)![1]!;
  const source = (await new Forgery(vault, id).manifest()).sources[0]!;
  const parts = readBackParts(source);
  const megabytes = source.artifacts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const calls = await withEngine(suite.home, async (engine) => {
    const agent = functionsOf(`${suite.home}/cdk.out`, engine.region).find(({ name }) => name.endsWith('-read-back'))!;
    const environment = callerEnvironment(await engine.credentialsFor(agent.roleArn), engine.endpoint, engine.region);
    const made: { seconds: number; memory: number }[] = [];
    for (let round = 1; round <= stage.rounds; round++) {
      let [seconds, memory] = [0, 0];
      for (const part of parts) {
        const place = { suite: suite.name, id, proofId: `bench-${round}`, label: source.label };
        const call = await callHandler(agent, environment, { ...place, part });
        seconds += call.seconds!;
        memory = Math.max(memory, call.residentBytes / 1e6);
      }
      made.push({ seconds, memory });
    }
    return made;
  });
  const speed = megabytes / median(calls.map(({ seconds }) => seconds));
  const memory = Math.max(...calls.map((call) => call.memory));
  const what = `read-back of ${megabytes.toFixed(0)} MB stored, one core`;
  return [
    absolute({ what, unit: 'MB/s', ours: speed }, { kind: 'at-least', value: LEAST_MB_PER_SECOND }),
    absolute({ what: 'peak memory of the read-back', unit: 'MB', ours: memory }, { kind: 'at-most', value: MOST_MEMORY_MB }),
  ];
}
