import { describe, expect, it } from 'vitest';
import suiteFile from '../../../bin/suite.ts';
import { parseSuite } from '../../../lib/config/parse-suite.ts';
import { HOST, problemsOf, suiteWith } from './suite-file.ts';

const AWS = { local: false };
const LOCAL = { local: true };

describe('a suite file that says little', () => {
  it('needs only a name and one source on one machine', () => {
    const suite = parseSuite({ name: 'shop', sources: { volumes: [{ name: 'uploads' }] } }, LOCAL);
    expect(suite.host).toEqual({
      instanceId: 'i-00000000000000000',
      roleName: 'docker-host',
      address: '127.0.0.1',
      network: { vpcId: 'vpc-local', subnetIds: ['subnet-local'], securityGroupIds: ['sg-local'] },
    });
    expect(suite.deploymentRefusal).toBeNull();
  });

  it('gets every default', () => {
    const suite = parseSuite(suiteWith({ sources: { databases: [{ name: 'shop', container: 'db' }] } }), AWS);
    expect(suite).toEqual({
      name: 'shop',
      timeZone: 'Etc/UTC',
      host: { ...HOST, address: null, network: null },
      sources: [
        {
          kind: 'database',
          name: 'shop',
          container: 'db',
          database: 'shop',
          user: null,
          passwordVariable: null,
          fingerprint: 'hash',
          ownership: 'drop',
          plainSql: false,
          optional: false,
        },
        { kind: 'globals', name: 'db', container: 'db', user: null, passwordVariable: null, optional: false },
      ],
      secretsKeptIn: [],
      writers: [],
      schedules: [
        { name: 'daily', tier: 'daily', expression: 'cron(0 2 * * ? *)' },
        { name: 'full', tier: 'weekly', expression: 'cron(0 3 ? * SUN *)' },
      ],
      retention: {
        daily: 7,
        weekly: 4,
        monthly: 12,
        yearly: 'forever',
        minimumProven: 2,
        colder: {
          monthly: { storageClass: 'GLACIER_IR', afterDays: 30 },
          yearly: { storageClass: 'GLACIER_IR', afterDays: 30 },
        },
      },
      vault: { lock: null, readers: [], trail: true, replica: null },
      verification: { checks: [], crossChecks: [], port: 55_432, shrink: { share: 0.5, bytes: 1_000_000 } },
      encryption: { mode: 'none', recipients: [], passphraseFile: null, privateKey: null, passphrase: null, kmsKey: null },
      alerts: { emails: [] },
      timeouts: { inspect: 300, capture: 21_600, prove: 21_600, thaw: 172_800, workflow: 86_400 },
      stackNames: {
        vault: 'shop-vault',
        replica: 'shop-replica',
        backupDocuments: 'shop-backup-documents',
        restoreDocuments: 'shop-restore-documents',
        workflows: 'shop-backup',
      },
      warnings: [],
      deploymentRefusal: null,
    });
  });

  it('has exactly the schedules it names', () => {
    expect(parseSuite(suiteWith({ schedules: { monthly: 'cron(0 4 1 * ? *)' } }), AWS).schedules).toEqual([
      { name: 'monthly', tier: 'monthly', expression: 'cron(0 4 1 * ? *)' },
    ]);
    expect(parseSuite(suiteWith({ schedules: {} }), AWS).schedules).toEqual([]);
  });
});

describe('the sources', () => {
  it('are one list: databases with the globals of each server after its first, volumes, paths, files', () => {
    const database = (name: string, container: string) => ({ name, container });
    const suite = parseSuite(
      suiteWith({
        sources: {
          files: [{ name: 'env', directory: '/srv', include: ['.env'] }],
          paths: [{ name: 'exports', container: 'web', path: '/app/exports' }],
          volumes: [{ name: 'uploads', volume: 'shop_uploads' }],
          databases: [database('one', 'db'), database('two', 'other db'), database('three', 'db')],
        },
      }),
      AWS,
    );
    expect(suite.sources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'database one',
      'globals db',
      'database two',
      'globals other-db',
      'database three',
      'volume uploads',
      'path exports',
      'files env',
    ]);
  });

  it('are stored as plain SQL, too, where that is asked for', () => {
    const databases = [{ name: 'a', container: 'db', plainSql: true }];
    expect(parseSuite(suiteWith({ sources: { databases } }), AWS).sources[0]).toMatchObject({ name: 'a', plainSql: true });
  });

  it('keep two servers apart whose names differ only in what a name may not contain', () => {
    const sources = { databases: ['db/1', 'db 1', 'db:1'].map((container, index) => ({ name: `d${index}`, container })) };
    const globals = parseSuite(suiteWith({ sources }), AWS).sources.filter(({ kind }) => kind === 'globals');
    expect(globals.map(({ name }) => name)).toEqual(['db-1', 'db-1-2', 'db-1-3']);
  });

  it('let the roles of a server be missing only if all its databases may be', () => {
    const globalsOf = (...optional: boolean[]) =>
      parseSuite(
        suiteWith({
          sources: { databases: optional.map((may, index) => ({ name: `d${index}`, container: 'db', optional: may })) },
        }),
        AWS,
      ).sources.find(({ kind }) => kind === 'globals')?.optional;
    expect(globalsOf(true, false)).toBe(false);
    expect(globalsOf(true, true)).toBe(true);
  });

  it('may have any container and database name that is not empty and has no NUL', () => {
    const named = (container: string, database: string) =>
      suiteWith({ sources: { databases: [{ name: 'd', container, database }] } });
    expect(parseSuite(named('$(reboot) "x"', 'ünï\n{{x}}'), AWS).sources[0]).toMatchObject({ database: 'ünï\n{{x}}' });
    expect(problemsOf(named('', 'a\0b')).map(({ path }) => path)).toEqual([
      'sources.databases[0].container',
      'sources.databases[0].database',
    ]);
  });
});

describe('a wrong suite file', () => {
  it('is refused with all its problems at once, each with path and value', () => {
    const problems = problemsOf({
      name: 'Shop',
      colour: 'red',
      host: {
        instanceId: 'server-1',
        roleName: 'r',
        network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
      },
      sources: {
        databases: [{ name: 'a', container: 'db', port: 5432, plainSql: 'yes' }, { name: 'a', container: '' }, { name: 'b b' }],
        volumes: [{ name: 'v', volume: '/etc' }],
        paths: [
          { name: 'p', container: 'c', path: 'app/../etc' },
          { name: 'twice', container: 'c', path: '/app' },
        ],
        files: [
          { name: 'twice', directory: '/srv', include: ['x'] },
          { name: 'f', directory: 'srv', include: [] },
        ],
      },
      schedules: { daily: 'cron(0 2 * * * *)', hourly: 'rate(1 hour)' },
      retention: { daily: 0, yearly: 'never' },
      verification: {
        checks: [
          { name: 'c', database: 'zzz', sql: 'select 1', expect: {} },
          { name: 'd', database: 'a', sql: 'select 1', expect: { equals: 1, min: 1 } },
          { name: 'd', database: 'a', sql: 'select 1', expect: { min: 2, max: 1 } },
        ],
        crossChecks: [
          { name: 'x', database: 'a', sql: 'select path from t', source: 'a', severity: 'fatal' },
          { name: 'x', database: 'a', sql: '', source: 'nowhere' },
          { name: 'y', database: 'v', sql: 'select path from t', source: 'twice', expect: {} },
        ],
      },
      alerts: { emails: ['nobody'] },
      timeZone: 'Mars/Olympus',
    });
    const found = Object.fromEntries(problems.map(({ path, value }) => [path, value]));
    expect(found).toEqual({
      name: 'Shop',
      colour: 'red',
      'host.instanceId': 'server-1',
      'host.address': null,
      'sources.databases[0].port': 5432,
      'sources.databases[0].plainSql': 'yes',
      'sources.databases[1].name': 'a',
      'sources.databases[1].container': '',
      'sources.databases[2].name': 'b b',
      'sources.databases[2].container': null,
      'sources.volumes[0].volume': '/etc',
      'sources.paths[0].path': 'app/../etc',
      'sources.files[1].directory': 'srv',
      'sources.files[1].include': [],
      'schedules.daily': 'cron(0 2 * * * *)',
      'schedules.hourly': 'rate(1 hour)',
      'retention.daily': 0,
      'retention.yearly': 'never',
      'verification.checks[0].database': 'zzz',
      'verification.checks[0].expect': {},
      'verification.checks[1].expect': { equals: 1, min: 1 },
      'verification.checks[2].name': 'd',
      'verification.checks[2].expect': { min: 2, max: 1 },
      'verification.crossChecks[0].severity': 'fatal',
      'verification.crossChecks[0].source': 'a',
      'verification.crossChecks[1].name': 'x',
      'verification.crossChecks[1].sql': '',
      'verification.crossChecks[1].source': 'nowhere',
      'verification.crossChecks[2].database': 'v',
      'verification.crossChecks[2].source': 'twice',
      'verification.crossChecks[2].expect': {},
      'alerts.emails[0]': 'nobody',
      timeZone: 'Mars/Olympus',
    });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'shop'],
    ['a list', []],
    ['null', null],
  ])('is refused when it is %s', (_, raw) => {
    expect(problemsOf(raw, LOCAL)).toHaveLength(1);
  });

  it('is refused without a source', () => {
    expect(problemsOf({ name: 'shop', sources: {} }, LOCAL)).toEqual([
      { path: 'sources', value: {}, message: 'declare at least one source' },
    ]);
    expect(problemsOf({ name: 'shop' }, LOCAL)).toEqual([{ path: 'sources', value: null, message: 'is missing' }]);
  });

  it('says that a missing host may come from the context', () => {
    const messages = problemsOf(suiteWith({ host: undefined })).map(({ path, message }) => `${path} ${message}`);
    expect(messages).toEqual([
      'host.instanceId is missing; it can also be given as context: -c instanceId=…',
      'host.roleName is missing; it can also be given as context: -c roleName=…',
    ]);
  });
});

describe('a cross-check', () => {
  const sources = {
    databases: [{ name: 'shop', container: 'db' }],
    volumes: [{ name: 'uploads' }],
    paths: [{ name: 'shop', container: 'web', path: '/app' }],
    files: [{ name: 'sheets', directory: '/srv', include: ['**'] }],
  };
  const checked = (...crossChecks: object[]) => suiteWith({ sources, verification: { crossChecks } });
  const check = { name: 'attachments', database: 'shop', sql: 'select path from attachments', source: 'uploads' };

  it('fails the proof unless it says otherwise, and names the one source of files that has the name', () => {
    const declared = checked(
      check,
      { ...check, name: 'b', source: 'sheets', severity: 'warning' },
      { ...check, name: 'c', source: 'shop' },
    );
    expect(parseSuite(declared, LOCAL).verification.crossChecks).toEqual([
      { ...check, source: 'volume-uploads', severity: 'failure' },
      { ...check, name: 'b', source: 'files-sheets', severity: 'warning' },
      { ...check, name: 'c', source: 'path-shop', severity: 'failure' },
    ]);
  });

  it('is refused with what its source is instead', () => {
    const messages = (more: object) => problemsOf(checked({ ...check, ...more }), LOCAL).map(({ message }) => message);
    expect(messages({ source: 'upload' })).toEqual(['is not the name of a volume, path or files source']);
    expect(messages({ database: 'uploads' })).toEqual(['is not the name of a database source']);
    const named = { ...sources, databases: [{ name: 'd', container: 'db' }], files: [{ ...sources.files[0], name: 'uploads' }] };
    const both = {
      ...suiteWith({ sources: named }),
      verification: {
        crossChecks: [
          { ...check, source: 'd' },
          { ...check, name: 'b' },
        ],
      },
    };
    expect(problemsOf(both, LOCAL).map(({ path, message }) => `${path} ${message}`)).toEqual([
      'verification.crossChecks[0].database is not the name of a database source',
      'verification.crossChecks[1].database is not the name of a database source',
      'verification.crossChecks[0].source is a database; name a volume, path or files source',
      'verification.crossChecks[1].source is the name of sources of several kinds; give one of them another name',
    ]);
  });
});

describe('the host', () => {
  it('takes values of the context over those of the file', () => {
    const overrides = {
      instanceId: 'i-0aaaaaaaaaaaaaaaa',
      address: '10.0.0.9',
      vpcId: 'vpc-2',
      subnetIds: 'subnet-1,subnet-2',
      securityGroupIds: 'sg-1',
    };
    expect(parseSuite(suiteWith({}), { local: false, overrides }).host).toEqual({
      instanceId: 'i-0aaaaaaaaaaaaaaaa',
      roleName: 'docker-host',
      address: '10.0.0.9',
      network: { vpcId: 'vpc-2', subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] },
    });
  });

  it('is reached over loopback on one machine, whatever address the file names', () => {
    expect(parseSuite(suiteWith({ host: { ...HOST, address: '10.0.0.9' } }), LOCAL).host.address).toBe('127.0.0.1');
  });

  it.each([false, null])('can be declared without a network (%s) on one machine too', (network) => {
    expect(parseSuite(suiteWith({ host: { network } }), LOCAL).host.network).toBeNull();
  });

  it('cannot be deployed with the placeholder of the suite file that comes with the project', () => {
    const suite = parseSuite(suiteFile, AWS);
    expect(suite.deploymentRefusal).toContain('i-00000000000000000');
    expect(suite.warnings).toContain(suite.deploymentRefusal);
    expect(parseSuite(suiteFile, { local: false, overrides: HOST }).deploymentRefusal).toBeNull();
  });
});

describe('a colder storage class', () => {
  const refusal = (retention: object) => problemsOf(suiteWith({ retention })).map(({ path, message }) => `${path}: ${message}`);
  const accepted = (retention: object) => parseSuite(suiteWith({ retention }), { local: false }).retention.colder;

  it('is refused where its shortest time is longer than a point stays in it, with what that would cost', () => {
    expect(refusal({ monthly: 3 })).toEqual([
      expect.stringMatching(/^retention\.colder\.monthly: .*93 days, 63 of them in GLACIER_IR, which is charged for 90/),
    ]);
    expect(refusal({ yearly: 1, colder: { yearly: { storageClass: 'DEEP_ARCHIVE', afterDays: 200 } } })).toEqual([
      expect.stringMatching(/^retention\.colder\.yearly: .*166 of them in DEEP_ARCHIVE, which is charged for 180/),
    ]);
    expect(accepted({ monthly: 4 }).monthly).toEqual({ storageClass: 'GLACIER_IR', afterDays: 30 });
    expect(accepted({ monthly: 1, colder: { monthly: null } }).monthly).toBe(null);
  });

  it('STANDARD_IA takes nothing before thirty days', () => {
    const movedAfter = (afterDays: number) => ({ colder: { monthly: { storageClass: 'STANDARD_IA', afterDays } } });
    expect(refusal(movedAfter(29))).toEqual([
      expect.stringMatching(/^retention\.colder\.monthly\.afterDays: must be at least 30/),
    ]);
    expect(accepted(movedAfter(30)).monthly).toEqual({ storageClass: 'STANDARD_IA', afterDays: 30 });
  });
});
