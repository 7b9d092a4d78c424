import { expect, test } from 'vitest';
import { judge as judgeBackup } from '../../../lib/operator/backup.ts';
import { pointOf } from '../../../lib/operator/point.ts';
import { type Ended, endOf } from '../../../lib/operator/run.ts';
import { judge as judgeVerify } from '../../../lib/operator/verify.ts';
import { failedProof, ID, proofFacts, sampleFacts, sampleFailure, sampleProof } from './samples.ts';

const NOW = new Date('2026-11-23T05:00:00Z');
const ARN = 'arn:aws:states:us-east-1:1:execution:m:x';
const proven = pointOf(sampleFacts({ lastProof: proofFacts(sampleProof()) }), NOW);
const unproven = pointOf(sampleFacts({ lastProof: proofFacts(failedProof) }), NOW);
const failed = pointOf(sampleFacts({ manifest: null, failure: sampleFailure() }), NOW);
const succeeded = (output: object) => endOf({ status: 'SUCCEEDED', output: JSON.stringify(output) } as never, ARN, false);
const failure = (error: string, cause: object | string): Ended =>
  endOf({ status: 'FAILED', error, cause: typeof cause === 'string' ? cause : JSON.stringify(cause) } as never, ARN, false);

test('only a run that succeeded with an answer that is known is a success', () => {
  expect(succeeded({ outcome: 'Proven', id: ID })).toMatchObject({ ok: true, output: { outcome: 'Proven', id: ID } });
  expect(succeeded({})).toMatchObject({ ok: false, error: 'ResultInvalid' });
  expect(endOf({ status: 'TIMED_OUT' } as never, ARN, false)).toMatchObject({ ok: false, error: 'WorkflowTimedOut' });
  expect(endOf({ status: 'ABORTED' } as never, ARN, false)).toMatchObject({ ok: false, error: 'Aborted' });
  expect(endOf({ status: 'ABORTED' } as never, ARN, true)).toMatchObject({ ok: false, error: 'Interrupted' });
});

test('a backup is proven only when run and vault both say so', () => {
  expect(judgeBackup(succeeded({ outcome: 'Proven', id: ID }), proven)).toEqual({ outcome: 'proven', error: null });
  expect(judgeBackup(succeeded({ outcome: 'Proven', id: ID }), null)).toMatchObject({ error: { name: 'VerificationFailed' } });
  expect(judgeBackup(succeeded({ outcome: 'Proven', id: ID }), unproven)).toMatchObject({
    error: { name: 'VerificationFailed' },
  });
  expect(judgeBackup(succeeded({ outcome: 'Fine', id: ID }), proven)).toMatchObject({ error: { name: 'ResultInvalid' } });
});

test('a backup that met another run, or had nothing to do, says so', () => {
  expect(judgeBackup(succeeded({ outcome: 'LockHeld', holder: 'arn:x' }), null)).toMatchObject({
    outcome: 'locked',
    error: { name: 'LockHeld', message: 'Another run holds the lock: arn:x' },
  });
  expect(judgeBackup(succeeded({ outcome: 'AlreadyDone', id: ID }), proven)).toEqual({ outcome: 'already-done', error: null });
});

test('a failed backup keeps the name of its error and a problem for each source', () => {
  const sources = [{ label: 'database-app', name: 'DumpFailed', message: 'lost' }];
  expect(judgeBackup(failure('DumpFailed', { id: ID, message: 'one source failed', sources }), failed)).toMatchObject({
    outcome: 'failed',
    error: {
      name: 'DumpFailed',
      message: 'one source failed',
      problems: [{ path: 'database-app', value: 'DumpFailed', message: 'lost' }],
    },
  });
});

test('a backup whose verification failed is unproven', () => {
  expect(judgeBackup(failure('VerificationFailed', { id: ID, message: 'a check failed' }), unproven)).toMatchObject({
    outcome: 'unproven',
    error: { name: 'VerificationFailed' },
  });
});

test('a failed proof gives one problem per failed check, and warnings none', () => {
  const ended = failure('VerificationFailed', { id: ID, proofId: failedProof.id, message: 'a check failed' });
  expect(judgeVerify(ID, ended, failedProof)).toMatchObject({
    name: 'VerificationFailed',
    problems: [{ path: 'volume-uploads', value: 'FilesMismatch', message: 'report.pdf has other bytes' }],
  });
});

test('a verification without its proof in the vault is not believed', () => {
  const ended = succeeded({ outcome: 'Proven', id: ID, proofId: 'p' });
  expect(judgeVerify(ID, ended, null)).toMatchObject({ name: 'VerificationFailed' });
  expect(judgeVerify(ID, ended, failedProof)).toMatchObject({ name: 'VerificationFailed' });
  expect(judgeVerify(ID, ended, sampleProof())).toBe(null);
});

test('a verification that could not run keeps its own error', () => {
  expect(judgeVerify(ID, failure('HostUnreachable', 'the agent is offline'), null)).toMatchObject({
    name: 'HostUnreachable',
    message: 'the agent is offline',
  });
});
