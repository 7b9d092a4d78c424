import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, play } from '../local-engine/states/scripted-run.ts';
import { suiteMachines } from '../suite-machines.ts';

const MAKE_KEY = 'Make a key for what is encrypted';
const START = 'Start a scratch server';
const REMOVE = 'Remove the scratch server';
const REMOVE_ACCESS = 'Remove the access to the scratch';
const WRITE = 'Write the proof';

const payload = (Payload: unknown): Answer => ({ give: { Payload } });
const result = (given: unknown): Answer => ({ give: { Output: { result: given } } });
const stored = { way: { url: 'aHR0cA==' }, sha256: 'a'.repeat(64), bytes: 7 };
const PLAN = {
  proofId: 'proof',
  startedAt: '2026-11-23T02:00:00Z',
  sources: [],
  trees: [],
  store: { bucket: 'vault', prefix: 'shop/', chunkBytes: '1' },
  servers: [
    {
      container: 'db',
      sealed: true,
      start: { bucket: 'vault', prefix: 'shop/' },
      scratch: { suite: 'shop', proof: 'proof', bootstrapUser: 'cA==' },
      globals: 'globals-db',
      databases: [
        {
          label: 'database-shop',
          database: 'c2hvcA==',
          fingerprint: 'hash',
          plainSql: true,
          checks: [],
          checkList: '',
          crossChecks: [],
          crossList: 'YQA=',
        },
      ],
    },
  ],
};
const artifact = { artifacts: [{ role: 'schema', key: 'shop/artifacts/x' }] };
const PLAIN_SQL = ['fingerprint', 'schema', 'expected-schema'].map((role) => ({ role, key: `shop/artifacts/${role}` }));

/** What each step of a proof with one server and one database answers when all goes well. */
const TASKS: Record<string, Answer> = {
  'Plan the proof': payload(PLAN),
  [MAKE_KEY]: result({ key: 'suite-backup-key-shop', publicKey: 'a2V5' }),
  [START]: result({ container: 'scratch', version: '15', image: 'postgres', accessKey: 'shop/artifacts/access' }),
  'Give the host a way to the roles': payload(stored),
  'Restore the roles': result(artifact),
  'Compare the roles': payload({ ok: true }),
  'Give the host a way to the dump': payload(stored),
  'List what the dump holds': result({ entries: 5, tableData: 1 }),
  'Note what the dump holds': payload({ ok: true }),
  'Give the host the way once more': payload(stored),
  'Restore the database': result({ restoreSeconds: 1, sha256: stored.sha256, bytes: 7 }),
  'Note how it was restored': payload({ ok: true }),
  'Give the host a way to the schema': payload(stored),
  'Describe the restored schema': result(artifact),
  'Compare the schema': payload({ ok: true }),
  'Read the rows of the restored database': payload({ key: 'shop/artifacts/work/rows' }),
  'Compare the rows': payload({ ok: true }),
  'List the files that rows refer to': result(artifact),
  'Look for the files that rows refer to': payload({ ok: true }),
  'Give the host a way to the plain SQL': payload(stored),
  'Load the plain SQL': result({ seconds: 1, sha256: stored.sha256, bytes: 7, artifacts: PLAIN_SQL }),
  'Note how the plain SQL was loaded': payload({ ok: true }),
  'Compare the rows of the plain SQL': payload({ ok: true }),
  'Compare the schema of the plain SQL': payload({ ok: true }),
  [REMOVE]: result({ removed: 1 }),
  [REMOVE_ACCESS]: payload({ removed: true }),
  [WRITE]: payload({ ok: true, proofId: 'proof', reason: null, failed: 0, checks: 1 }),
};
const NOTES = [
  'Note the server that did not start',
  'Note that the roles failed',
  'Note the dump that cannot be listed',
  'Note the failed restore',
  'Note the failed schema comparison',
  'Note the failed comparison of rows',
  'Note the plain SQL that cannot be loaded',
  'Note the failed comparison of rows of the plain SQL',
  'Note the failed comparison of the schema of the plain SQL',
  'Note the failed cross-checks',
];

let machine: Record<string, unknown>;
beforeAll(() => {
  machine = suiteMachines()('prove');
});

async function prove(failing: Record<string, Answer> = {}) {
  // Twice each: what is noted about a source that failed may be noted more than once.
  const tasks = { ...TASKS, ...Object.fromEntries(NOTES.map((name) => [name, payload({ ok: false })])), ...failing };
  const input = { id: '20261123T020000Z', run: 'run-7', acceptAnomaly: null };
  const answers = Object.fromEntries(Object.entries(tasks).map(([name, answer]) => [name, [answer, answer]]));
  const { calls, outcome } = await play({ machine, input, tasks: answers });
  return { outcome, names: calls.map(({ stateName }) => stateName) };
}

const down: Answer = { fail: ['States.TaskFailed', '{"Error":"CommandFailed","Cause":"it failed"}'] };

describe('a proof', () => {
  it('restores roles and rows, removes the scratch and its access, and writes what it found', async () => {
    const { names, outcome } = await prove();
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Proven', proofId: 'proof' } });
    expect(names).toEqual(Object.keys(TASKS));
  });

  it('that found something fails as VerificationFailed, with the reason', async () => {
    const reason = { name: 'FingerprintMismatch', message: 'Table public.a is missing.', source: 'shop' };
    const { outcome } = await prove({ [WRITE]: payload({ ok: false, proofId: 'proof', reason, failed: 1, checks: 9 }) });
    expect(outcome).toMatchObject({
      status: 'FAILED',
      error: 'VerificationFailed',
      cause: expect.stringContaining(reason.message),
    });
  });

  it.each(['KeyMissing', 'KeyWrong'])('that only lacked its key fails as %s: an alert of its own', async (name) => {
    const reason = { name, message: 'Nothing opens it.', source: 'shop' };
    const { outcome } = await prove({ [WRITE]: payload({ ok: false, proofId: 'proof', reason, failed: 1, checks: 9 }) });
    expect(outcome).toMatchObject({ status: 'FAILED', error: name, cause: expect.stringContaining(reason.message) });
  });

  it('of a point in clear asks the host for no key', async () => {
    const servers = [{ ...PLAN.servers[0]!, sealed: false }];
    const { names } = await prove({ 'Plan the proof': payload({ ...PLAN, servers }) });
    expect(names).toEqual(Object.keys(TASKS).filter((name) => name !== MAKE_KEY));
  });

  it('tries the keys on the objects of what is encrypted, and of nothing else', async () => {
    const sources = [
      { label: 'volume-sealed', parts: [], sealed: true },
      { label: 'volume-clear', parts: [], sealed: false },
    ];
    const { names } = await prove({
      'Plan the proof': payload({ ...PLAN, sources }),
      'Look at its objects': payload({ ok: true }),
      'Try the keys on its objects': payload({ ok: true }),
    });
    expect(names.filter((name) => name === 'Try the keys on its objects')).toHaveLength(1);
  });

  const inScratch = Object.keys(TASKS).slice(1, Object.keys(TASKS).indexOf(REMOVE));
  it.each(inScratch)('removes the scratch and is written when this fails: %s', async (step) => {
    const { names, outcome } = await prove({ [step]: down });
    expect(outcome.status).toBe('SUCCEEDED');
    expect(names.filter((name) => name === REMOVE)).toEqual([REMOVE]);
    expect(names.indexOf(REMOVE)).toBeGreaterThan(names.indexOf(step));
    expect(names.at(-1)).toBe(WRITE);
  });

  it('does not ask for files when the suite holds no row against them', async () => {
    const databases = [{ ...PLAN.servers[0]!.databases[0]!, crossList: '' }];
    const { names } = await prove({ 'Plan the proof': payload({ ...PLAN, servers: [{ ...PLAN.servers[0]!, databases }] }) });
    expect(names).toEqual(Object.keys(TASKS).filter((name) => !name.includes('files that rows refer to')));
  });

  it('asks for files although the rows could not be compared', async () => {
    const { names } = await prove({ 'Compare the rows': down });
    expect(names).toContain('Look for the files that rows refer to');
  });

  it('takes the access to the scratch away whatever failed in it', async () => {
    const { names } = await prove({ 'Restore the database': down });
    expect(names).toContain(REMOVE_ACCESS);
  });
});
