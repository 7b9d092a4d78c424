import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ObjectLockRetention,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ageHome } from '../support/aged-home.ts';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly, type Statement } from '../support/edited-assembly.ts';
import { EngineOnHome, HOST_ROLE } from '../support/engine-on-home.ts';
import { createHost } from '../support/host.ts';
import { quietEngine } from '../support/quiet-engine.ts';
import type { TestHost } from '../support/test-host.ts';

quietEngine();
const DAY = 86_400_000;
const NOBODY = 'nobody can delete or shorten it before its time';
/** Of a run that died long ago: nothing names what it stored. */
const DEAD = '20260101T000000Z';

let host: TestHost;
let sources: Record<string, unknown>;
let home: EngineOnHome | undefined;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  sources = { volumes: [{ name: 'uploads', volume: uploads.name }] };
});
const leave = async () => {
  await home?.engine.close();
  home = undefined;
};
afterEach(leave);
afterAll(() => host.remove());

const suiteWith = (lock: Record<string, unknown>, retention: Record<string, unknown>, nameSuffix: string) =>
  createSuite({ host, nameSuffix, suite: { sources, retention, vault: { lock, trail: false } } });

async function backup(suite: Suite, ...words: string[]): Promise<string> {
  const { json } = await suite.run('backup', ...words);
  expect(json.outcome).toBe('proven');
  return json.point!.id;
}

interface StoredVersion {
  Bucket: string;
  Key: string;
  VersionId: string;
}

/** The engine on a home, for somebody; without a role for an administrator who may do everything. */
async function clientOf(suite: Suite, role?: string): Promise<S3Client> {
  home ??= await EngineOnHome.open(suite);
  return new S3Client(await home.as(role));
}

/** What happens in a home by itself: whatever is due is done when an engine starts. */
async function letTimePass(suite: Suite, days: number): Promise<void> {
  ageHome(suite.home, days);
  await (await EngineOnHome.open(suite)).engine.close();
}

/** Every version of the objects of a point, or of what a dead run left. */
async function versionsOf(suite: Suite, id: string): Promise<StoredVersion[]> {
  const administrator = await clientOf(suite);
  const Bucket = home!.bucket;
  const { Versions = [] } = await administrator.send(new ListObjectVersionsCommand({ Bucket }));
  const ofPoint = new RegExp(`^${suite.name}/(recovery-points|artifacts|proofs)/${id}[./]`);
  return Versions.filter(({ Key }) => ofPoint.test(Key!)).map(({ Key, VersionId }) => ({
    Bucket,
    Key: Key!,
    VersionId: VersionId!,
  }));
}

/** How each version is locked, and for how many more days, rounded. */
async function locksOf(suite: Suite, id: string): Promise<string[]> {
  const administrator = await clientOf(suite);
  const versions = await versionsOf(suite, id);
  const locks = await Promise.all(
    versions.map(async (version) => {
      const { Retention } = await administrator.send(new GetObjectRetentionCommand(version));
      const left = (Retention!.RetainUntilDate!.getTime() - Date.now()) / DAY;
      return `${Retention!.Mode} ${Math.round(left)}`;
    }),
  );
  return [...new Set(locks)];
}

const retain = (version: StoredVersion, Retention: ObjectLockRetention, BypassGovernanceRetention?: boolean) =>
  new PutObjectRetentionCommand({ ...version, Retention, BypassGovernanceRetention });
const soon = () => new Date(Date.now() + 60_000);

/** Whatever ends a version, or its lock, before its time. */
const ENDS: Record<string, (s3: S3Client, version: StoredVersion) => Promise<unknown>> = {
  'delete it': (s3, version) => s3.send(new DeleteObjectCommand(version)),
  'delete it, passing by the lock': (s3, version) =>
    s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })),
  'delete it among others': async (s3, { Bucket, ...object }) => {
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [object] }, BypassGovernanceRetention: true }),
    );
    if (Errors[0]) throw Object.assign(new Error(Errors[0].Message), { name: Errors[0].Code });
  },
  'shorten its lock': (s3, version) => s3.send(retain(version, { Mode: 'GOVERNANCE', RetainUntilDate: soon() })),
  'shorten its lock, passing by it': (s3, version) =>
    s3.send(retain(version, { Mode: 'GOVERNANCE', RetainUntilDate: soon() }, true)),
  'take its lock': (s3, version) => s3.send(retain(version, {}, true)),
};
const WITHOUT_BYPASS = ['delete it', 'shorten its lock'];

async function tries(s3: S3Client, version: StoredVersion, names = Object.keys(ENDS)): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const name of names) {
    answers[name] = await ENDS[name]!(s3, version).then(
      () => 'done',
      (error: Error) => error.name,
    );
  }
  return answers;
}

const all = (names: readonly string[], answer: string) => Object.fromEntries(names.map((name) => [name, answer]));
const REFUSED = all(Object.keys(ENDS), 'AccessDenied');

/** Does something while the vault's policy is gone, as an administrator can take it away. */
async function withoutPolicy<Answer>(suite: Suite, work: () => Promise<Answer>): Promise<Answer> {
  const assembly = new EditedAssembly(suite.home, suite.name);
  let policy: Statement[] = [];
  await assembly.vaultPolicy((statements) => {
    policy = statements;
    return statements.filter(({ Sid }) => Sid === undefined);
  });
  try {
    return await work();
  } finally {
    await leave();
    await assembly.vaultPolicy(() => policy);
  }
}

describe('a lock that governs', () => {
  let suite: Suite;
  let [first, weekly, newest]: [string, string, string] = ['', '', ''];

  beforeAll(async () => {
    suite = await suiteWith({ mode: 'governance', days: { yearly: 40 } }, { daily: 20, minimumProven: 1 }, 'governed');
    [first, weekly, newest] = [await backup(suite), await backup(suite, '--tier', 'weekly'), await backup(suite)];
  });

  it('is on every version of every point, artifacts, proofs and manifest, for the days of its tier', async () => {
    expect(await versionsOf(suite, newest)).toHaveLength(4);
    // The first of its year.
    expect(await locksOf(suite, first)).toEqual(['GOVERNANCE 40']);
    expect(await locksOf(suite, weekly)).toEqual(['GOVERNANCE 28']);
    expect(await locksOf(suite, newest)).toEqual(['GOVERNANCE 20']);
  });

  it('takes no upload that nobody can check, and locks what no run ever seals for a day', async () => {
    home = await EngineOnHome.open(suite);
    const settings = await home.as(HOST_ROLE);
    const put = (name: string) =>
      new PutObjectCommand({
        Bucket: home!.bucket,
        Key: `${suite.name}/artifacts/${DEAD}/volume-${name}.k3f9.tar.zst`,
        Body: 'half',
        IfNoneMatch: '*',
      });
    const unchecked = new S3Client({ ...settings, requestChecksumCalculation: 'WHEN_REQUIRED' });
    await expect(unchecked.send(put('a'))).rejects.toMatchObject({ name: 'InvalidRequest' });
    const checked = new S3Client(settings);
    await checked.send(put('a'));
    await checked.send(put('b'));
    expect(await locksOf(suite, DEAD)).toEqual(['GOVERNANCE 1']);
  });

  it('holds against every role of the suite, the host and the administrator', async () => {
    const [version] = await versionsOf(suite, weekly);
    const roles = await new EditedAssembly(suite.home, suite.name).roles();
    expect(roles.length).toBeGreaterThan(50);
    const before = [await locksOf(suite, weekly), await versionsOf(suite, weekly)];
    const answers: Record<string, unknown> = {};
    for (const role of [...roles, HOST_ROLE, undefined]) {
      answers[role ?? 'administrator'] = await tries(await clientOf(suite, role), version!);
    }
    expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((name) => [name, REFUSED])));
    expect([await locksOf(suite, weekly), await versionsOf(suite, weekly)]).toEqual(before);
  });

  it('still does when the policy of the vault is gone, but for who passes by it knowingly', async () => {
    await withoutPolicy(suite, async () => {
      const [version] = await versionsOf(suite, weekly);
      for (const role of [undefined, `${suite.name}-backup-show-again`]) {
        const s3 = await clientOf(suite, role);
        expect(await tries(s3, version!, WITHOUT_BYPASS)).toEqual(all(WITHOUT_BYPASS, 'AccessDenied'));
      }
      const [left] = await versionsOf(suite, DEAD);
      const passing = 'delete it, passing by the lock';
      expect(await tries(await clientOf(suite), left!, [passing])).toEqual({ [passing]: 'done' });
    });
  });

  it('lets anybody who may delete hide what it holds; the next run shows that again and tells of it', async () => {
    await withoutPolicy(suite, async () => {
      const administrator = await clientOf(suite);
      for (const { Bucket, Key } of await versionsOf(suite, newest)) {
        await administrator.send(new DeleteObjectCommand({ Bucket, Key }));
      }
    });
    const restorable = async () => (await suite.run('list')).json.points.filter(({ restorable: is }) => is).map(({ id }) => id);
    expect(await restorable()).not.toContain(newest);
    expect((await suite.run('verify', weekly)).exitCode).toBe(0);
    expect(await restorable()).toContain(newest);
    const alerts = (await alertsOf(suite.home)).filter(({ subject }) => subject.includes('ObjectsHidden'));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]!.message).toContain('4 objects of recovery points were hidden by delete markers, which were removed');
  });

  it('is made longer for a point that is held, and not for one that goes in its time', async () => {
    await letTimePass(suite, 10);
    expect(await locksOf(suite, newest)).toEqual(['GOVERNANCE 10']);
    await leave();
    expect((await suite.run('verify', newest)).exitCode).toBe(0);
    const proofs = (await versionsOf(suite, newest)).filter(({ Key }) => Key.includes('/proofs/'));
    expect(proofs).toHaveLength(2);
    expect(await locksOf(suite, newest)).toEqual(['GOVERNANCE 20']);
    expect(await locksOf(suite, first)).toEqual(['GOVERNANCE 30']);
  });

  it('keeps what was given up until its time; then all of it goes by itself, and what a dead run left, too', async () => {
    expect((await suite.run('prune', weekly, '--confirm', suite.name)).exitCode).toBe(0);
    const stored = await versionsOf(suite, weekly);
    expect(stored.length).toBeGreaterThan(3);
    await leave();
    // Markers over all of it first; two weeks later S3 removes what they hide, or would.
    await letTimePass(suite, 0);
    await letTimePass(suite, 15);
    expect(await locksOf(suite, weekly)).toEqual(['GOVERNANCE 3']);
    expect(await versionsOf(suite, weekly)).toEqual(stored);
    await leave();
    await letTimePass(suite, 4);
    expect(await versionsOf(suite, weekly)).toEqual([]);
    expect(await versionsOf(suite, DEAD)).toEqual([]);
    expect((await versionsOf(suite, newest)).length).toBeGreaterThan(3);
  });
});

describe('a lock that nobody can take back', () => {
  let suite: Suite;

  it('holds against everybody, the administrator without a policy in his way included', async () => {
    suite = await suiteWith({ mode: 'compliance', days: { daily: 5, yearly: 5 }, understood: NOBODY }, {}, 'complying');
    const id = await backup(suite);
    await withoutPolicy(suite, async () => {
      expect(await locksOf(suite, id)).toEqual(['COMPLIANCE 5']);
      const administrator = await clientOf(suite);
      for (const version of await versionsOf(suite, id)) {
        expect(await tries(administrator, version)).toEqual(REFUSED);
        await expect(
          administrator.send(retain(version, { Mode: 'COMPLIANCE', RetainUntilDate: soon() }, true)),
        ).rejects.toMatchObject({ name: 'AccessDenied' });
      }
      expect(await locksOf(suite, id)).toEqual(['COMPLIANCE 5']);
    });
  });
});

describe('a suite file', () => {
  const problemsOf = async (lock: Record<string, unknown>, nameSuffix: string) => {
    const { exitCode, json } = await (await suiteWith(lock, { daily: 7 }, nameSuffix)).run('backup');
    return [exitCode, json.error!.problems.map(({ path, message }) => `${path} ${message}`)];
  };

  it('that would lock for longer than a tier lives is refused, with the reason', async () => {
    expect(await problemsOf({ mode: 'governance', days: { daily: 8 } }, 'longer')).toEqual([
      2,
      [
        'vault.lock.days.daily is longer than a daily point lives, 7 days: what is locked stays, and is paid for, though it is not restored from any more',
      ],
    ]);
  });

  it('that asks for what nobody can take back must say that it knows', async () => {
    expect(await problemsOf({ mode: 'compliance' }, 'unaware')).toEqual([2, [expect.stringContaining('vault.lock.understood')]]);
  });
});
