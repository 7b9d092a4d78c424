import { expect, test } from 'vitest';
import { keys } from '../../../functions/contract/keys.ts';
import { list } from '../../../lib/operator/list.ts';
import { resolvePoint } from '../../../lib/operator/points.ts';
import { prune } from '../../../lib/operator/prune.ts';
import { status } from '../../../lib/operator/status.ts';
import type { Work } from '../../../lib/operator/verb.ts';
import { writeLongHistory } from '../../support/long-history.ts';
import { sampleEngine } from './sample-engine.ts';
import { manifestText, SUITE, sampleProof } from './samples.ts';

const POINTS = 10_000;
/** A manifest, a proof and a decision of each point, 1,000 a page; and the page that tells the failures are none. */
const PAGES = (POINTS * 3) / 1000 + 1;
/** 30,000 small files are written, read and removed, which takes a busy disk its time. */
const SECONDS = 120;

test(
  'ten years with 10,000 points cost no more requests to S3 than there are pages, and their newest point at most 12',
  async () => {
    let ids: string[] = [];
    const engine = await sampleEngine((home, bucket) => {
      const manifest = (id: string) => manifestText({ id });
      const proof = (point: string, id: string) => JSON.stringify(sampleProof({ id, point }));
      ids = writeLongHistory(home, bucket, { suite: SUITE, points: POINTS, manifest, proof });
    });
    const newest = ids.at(-1)!;
    const proofId = `${newest}-aaaa`;
    await engine.putSigned(keys.manifest(SUITE, newest), manifestText({ id: newest }));
    await engine.putSigned(keys.proof(SUITE, newest, proofId, true), JSON.stringify(sampleProof({ id: proofId, point: newest })));
    const connection = await engine.connect();
    let requests: string[] = [];
    connection.s3.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          requests.push(commandName ?? '');
          return next(args);
        },
      { step: 'finalizeRequest' },
    );
    const counted = async <Answer>(work: Promise<Answer>) => {
      const answer = await work;
      const count = (name: string) => requests.filter((each) => each === name).length;
      const costs = { all: requests.length, pages: count('ListObjectsV2Command'), reads: count('GetObjectCommand') };
      requests = [];
      return { answer, costs };
    };
    const work = { connection } as Work;

    const found = await counted(resolvePoint(connection, 'latest-proven'));
    expect(found.answer.id).toBe(newest);
    expect(found.costs.all).toBeLessThanOrEqual(12);

    const state = await counted(status.run(work, {}, () => {}));
    expect(state.answer.fields.newestProven?.id).toBe(newest);
    expect(state.costs.all).toBeLessThanOrEqual(12);

    // The lock, and two objects of each point that is shown.
    const listed = await counted(list.run(work, { limit: 20 }, () => {}));
    expect(listed.answer.fields).toMatchObject({ older: POINTS - 20 });
    expect(listed.answer.fields.points.map(({ id }) => id)).toEqual(ids.slice(-20).reverse());
    expect(listed.costs.pages).toBeLessThanOrEqual(PAGES + 4);
    expect(listed.costs.reads).toBe(2 * 20 + 1);

    const plan = await counted(prune.run(work, { dryRun: true }, () => {}));
    expect(plan.answer.fields.plan).toHaveLength(POINTS);
    expect(plan.costs.pages).toBeLessThanOrEqual(PAGES + 4);
    expect(plan.costs.reads).toBe(0);
  },
  SECONDS * 1000,
);
