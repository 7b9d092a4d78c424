import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { JsonLines, readJsonLines } from '../../../../lib/local-engine/json-lines.ts';
import { sessionOf } from '../../../../lib/local-engine/policies/principal.ts';
import { Refusals } from '../../../../lib/local-engine/policies/refusals.ts';

it('every refusal is on record, and each kind is told once, whichever session of a role met it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'refusals-'));
  const file = new JsonLines(join(folder, 'refusals.jsonl'));
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => {
    told.mockRestore();
    file.close();
    rmSync(folder, { recursive: true });
  });
  const refusals = new Refusals(file);
  const clerk = (session: string) => sessionOf('arn:aws:iam::000000000000:role/clerk', session);
  const request = (action: string) => ({ action, resource: 'arn:aws:s3:::garden', context: { 's3:prefix': 'x' } });
  refusals.note(clerk('monday'), request('s3:ListBucket'), 'no list');
  refusals.note(clerk('tuesday'), request('s3:ListBucket'), 'no list');
  refusals.note(clerk('tuesday'), request('s3:GetObject'), 'no object');
  const session = (name: string) => `arn:aws:sts::000000000000:assumed-role/clerk/${name}`;
  expect(readJsonLines(join(folder, 'refusals.jsonl'))).toMatchObject([
    { principal: session('monday'), ...request('s3:ListBucket'), message: 'no list', at: expect.stringMatching(/Z$/) },
    { principal: session('tuesday'), ...request('s3:ListBucket') },
    { principal: session('tuesday'), ...request('s3:GetObject') },
  ]);
  expect(told.mock.calls.map(([line]) => line)).toEqual(['local engine: no list\n', 'local engine: no object\n']);
});
