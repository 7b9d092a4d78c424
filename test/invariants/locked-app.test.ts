import { afterAll, describe, expect, it } from 'vitest';
import { COMPLIANCE_WORDS } from '../../lib/config/suite-schema.ts';
import { list, readable, SynthesizedApp } from './synthesized-app.ts';

const app = new SynthesizedApp({
  sources: { volumes: [{ name: 'uploads' }] },
  vault: { lock: { mode: 'compliance', days: { daily: 5 }, understood: COMPLIANCE_WORDS } },
});
afterAll(() => app.remove());

const bucket = app.vaultBucket();
const allows = app.statements().filter(({ effect }) => effect === 'Allow');
const roleOf = (policy: string) => {
  const role = app.target(list(app.resources.find(({ id }) => id === policy)?.properties.Roles)[0]);
  return String(role?.properties.RoleName).replace(`${app.suite}-backup-`, '');
};

describe('a vault with locks', () => {
  it('locks what is put for a day at most, until seal knows for how long', () => {
    expect(bucket.properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } } },
    });
  });

  it('lets three agents lock, each what belongs to points only, and tells them the days', () => {
    const objects = (names: readonly string[]) => names.map((name) => `\${${bucket.id}.Arn}/${app.suite}/${name}/*`);
    const rights = allows.filter(({ actions }) => actions.some((action) => /Retention$|LegalHold$/.test(action)));
    expect(rights.map(({ of, actions, resources }) => [roleOf(of), actions, readable(resources)])).toEqual([
      ['seal', ['s3:GetObjectRetention', 's3:PutObjectRetention'], objects(['recovery-points', 'artifacts'])],
      ['apply', ['s3:GetObjectRetention', 's3:PutObjectRetention'], objects(['recovery-points', 'artifacts', 'proofs'])],
      ['keep', ['s3:GetObjectRetention', 's3:PutObjectRetention'], objects(['recovery-points', 'artifacts', 'proofs'])],
    ]);
    const told = app.ofType('AWS::Lambda::Function').flatMap(({ properties }) => {
      const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, string> };
      return Variables.OBJECT_LOCK === undefined ? [] : [JSON.parse(Variables.OBJECT_LOCK)];
    });
    expect(told).toEqual(Array(3).fill({ mode: 'compliance', days: { daily: 5, weekly: 28, monthly: 372, yearly: 366 } }));
  });

  it('lets nobody pass by a lock, or take it away with the bucket’s own configuration, and refuses the first to everybody', () => {
    const passing = /Bypass|PutBucketObjectLock|PutBucketVersioning|DeleteBucket/;
    expect(allows.filter(({ actions }) => actions.some((action) => passing.test(action)))).toEqual([]);
    expect(app.bucketPolicy(bucket)).toContainEqual({
      Sid: 'NobodyPassesByALock',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:BypassGovernanceRetention',
      Resource: `\${${bucket.id}.Arn}/*`,
    });
  });
});
