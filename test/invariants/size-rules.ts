import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { list, STACKS, type SynthesizedApp } from './synthesized-app.ts';

/** Bytes of a template in S3: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LARGEST_TEMPLATE = 1_000_000;
const MOST_RESOURCES = 500;
/** Characters of all inline policies of a role together, white space left out: IAM quotas. */
const LARGEST_ROLE = 10_240;
const LARGEST_BUCKET_POLICY = 20_480;
/** Bytes of a definition: Step Functions quotas. */
const LARGEST_MACHINE = 1_048_576;

/** References are about as long as what they become. */
const sizeOf = (value: unknown) => JSON.stringify(value).length;

/** What AWS would refuse only at the deployment. */
export function sizeRules(app: SynthesizedApp): void {
  describe('AWS takes what is deployed', () => {
    it.each(STACKS)('the template of %s is not too large, with a tenth to spare', (stack) => {
      const { size } = statSync(join(app.folder, `${app.suite}-${stack}.template.json`));
      expect(size).toBeLessThan(0.9 * LARGEST_TEMPLATE);
      expect(Object.keys(app.template(stack).Resources).length).toBeLessThan(MOST_RESOURCES);
    });

    it('no role has more policies than fit into it', () => {
      const sizes = new Map<string, number>();
      for (const { properties } of app.ofType('AWS::IAM::Policy')) {
        for (const role of list(properties.Roles).map((each) => JSON.stringify(each))) {
          sizes.set(role, (sizes.get(role) ?? 0) + sizeOf(properties.PolicyDocument));
        }
      }
      expect(sizes.size).toBeGreaterThan(10);
      expect([...sizes].filter(([, size]) => size > LARGEST_ROLE)).toEqual([]);
    });

    it("the vault's policy fits", () => {
      for (const { properties } of app.ofType('AWS::S3::BucketPolicy')) {
        expect(sizeOf(properties.PolicyDocument)).toBeLessThan(LARGEST_BUCKET_POLICY);
      }
    });

    it('every machine fits', () => {
      const machines = app.ofType('AWS::StepFunctions::StateMachine');
      expect(machines.length).toBeGreaterThan(10);
      for (const { properties } of machines) expect(sizeOf(properties.DefinitionString)).toBeLessThan(LARGEST_MACHINE);
    });
  });
}
