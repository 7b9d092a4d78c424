import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../support/command.ts';
import { PROJECT } from '../support/host-folders.ts';
import { bundleOf, callHandler, functionsOf } from './handlers.ts';
import { absolute, median, type Row, say } from './report.ts';
import type { Stage } from './stage.ts';

const MOST_SECONDS = 10;
const MOST_BUNDLE_MB = 1;
const MOST_LOAD_MS = 200;
const REGION = 'us-east-1';

/** `cdk synth` of the suite in bin/, and what it makes: the size of the functions and how long they take to load. */
export async function synthBench(stage: Stage): Promise<Row[]> {
  const folder = mkdtempSync(join(stage.host.workspace, 'synth-'));
  const seconds: number[] = [];
  for (let round = 1; round <= stage.rounds; round++) {
    say(`synth, round ${round} of ${stage.rounds}`);
    const began = performance.now();
    await command([
      join(PROJECT, 'node_modules/.bin/cdk'),
      'synth',
      '--quiet',
      '--app',
      `${process.execPath} ${join(PROJECT, 'bin/app.ts')}`,
      '--output',
      folder,
    ]);
    seconds.push((performance.now() - began) / 1000);
  }
  const functions = functionsOf(folder, REGION);
  const sizes = functions
    .map((spec) => ({ spec, bytes: statSync(bundleOf(spec)).size }))
    .sort((one, other) => other.bytes - one.bytes);
  const { spec: largest, bytes } = sizes[0]!;
  const environment = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };
  const loads: number[] = [];
  for (let round = 0; round < Math.max(3, stage.rounds); round++)
    loads.push((await callHandler(largest, environment)).loadMilliseconds);
  const name = largest.name.replace(/^.*-backup-/, '');
  return [
    absolute({ what: 'cdk synth', unit: 's', ours: median(seconds) }, { kind: 'at-most', value: MOST_SECONDS }),
    absolute({ what: `largest function (${name})`, unit: 'MB', ours: bytes / 1e6 }, { kind: 'at-most', value: MOST_BUNDLE_MB }),
    absolute({ what: `loading it (${name})`, unit: 'ms', ours: median(loads) }, { kind: 'at-most', value: MOST_LOAD_MS }),
  ];
}
