import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SUPPRESSIONS } from './nag-suppressions.ts';
import { BUNDLES, runApp } from './synthesized-app.ts';

interface Finding {
  readonly id: string;
  readonly resource: string;
}

const SUITE = 'shop';
const SOURCES = {
  databases: [{ name: 'shop', container: 'db' }],
  volumes: [{ name: 'uploads', volume: 'uploads' }],
};
const HOST = { instanceId: 'i-0123456789abcdef0', roleName: 'docker-host' };
const NETWORK = {
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: ['subnet-0123456789abcdef0'],
  securityGroupIds: ['sg-0123456789abcdef0'],
};

/** What a suite file can say that makes other resources. */
const SUITES: Record<string, Record<string, unknown>> = {
  'as little as possible': { host: HOST, vault: { trail: false } },
  'everything there is': {
    host: { ...HOST, address: '10.0.0.9', network: NETWORK },
    schedules: { daily: 'cron(0 2 * * ? *)', full: 'cron(0 3 ? * SUN *)' },
    alerts: { emails: ['ana@example.com'] },
    encryption: {
      mode: 'age',
      recipients: ['age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj'],
      privateKey: 'shop/private-key',
      passphrase: 'shop/passphrase',
      kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
    vault: {
      lock: { mode: 'governance' },
      readers: ['arn:aws:iam::123456789012:role/auditor'],
      replica: { region: 'eu-west-1' },
    },
  },
};

const folder = mkdtempSync(join(tmpdir(), 'nag-'));
afterAll(() => rmSync(folder, { recursive: true }));
const found = new Map<string, Finding[]>();

beforeAll(() => {
  for (const [index, [what, options]] of Object.entries(SUITES).entries()) {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify({ name: SUITE, sources: SOURCES, ...options }));
    const environment = { ...BUNDLES, SUITE_BACKUP_SUITE: file };
    const findings: Finding[] = JSON.parse(
      runApp('test/invariants/nag-findings.ts', join(folder, String(index)), {}, environment),
    );
    found.set(what, findings.map(readable));
  }
});

/** With names that stay the same: of the bucket wherever it is referred to, of the machine that is started, of the suite. */
function readable({ id, resource }: Finding): Finding {
  return {
    id: id
      .replace(/<AWS::(Partition|Region|AccountId)>/g, (_, name: string) => name.replace('Id', '').toUpperCase())
      .replace(/\{"Fn::Select":\[6,\{"Fn::Split":\[":",\{"Ref":"\w+WorkflowMachine\w+"\}\]\}\]\}/, 'MACHINE')
      .replace(new RegExp(`${SUITE}-vault:ExportsOutputFnGetAttBucket\\w+|<Bucket\\w+\\.Arn>`), 'VAULT')
      .replaceAll(new RegExp(`\\b${SUITE}\\b`, 'g'), 'SUITE'),
    resource: resource.replace(`${SUITE}-`, ''),
  };
}

const isSuppressed = ({ id, resource }: Finding) =>
  SUPPRESSIONS.some((each) => each.id === id && each.resources.some((path) => matchesGlob(resource, path)));

describe('cdk-nag, AwsSolutions', () => {
  it.each(Object.keys(SUITES))('finds nothing in a suite with %s but what is left so for a reason', (what) => {
    expect(found.get(what)!.filter((finding) => !isSuppressed(finding))).toEqual([]);
  });

  it('has a use for every suppression, and for every resource that one names', () => {
    const findings = [...found.values()].flat();
    const unused = SUPPRESSIONS.flatMap(({ id, resources }) =>
      resources
        .filter((path) => !findings.some((finding) => finding.id === id && matchesGlob(finding.resource, path)))
        .map((path) => `${id} ${path}`),
    );
    expect(unused).toEqual([]);
  });
});
