import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain, type SynthesizedApp } from './synthesized-app.ts';

const LARGEST_BUNDLE = 1_000_000;

export function functionRules(app: SynthesizedApp): void {
  const functions = app.ofType('AWS::Lambda::Function');

  describe('every function', () => {
    it('exists at all', () => {
      expect(functions.length).toBeGreaterThan(5);
    });

    it.each(functions)('$id runs on Node 24 with tracing', ({ properties }) => {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', TracingConfig: { Mode: 'Active' } });
    });

    it.each(functions)('$id writes to a log group of its own, which forgets some day', ({ properties }) => {
      const { LogGroup } = properties.LoggingConfig as { LogGroup: unknown };
      expect(app.target(LogGroup)).toMatchObject({
        type: 'AWS::Logs::LogGroup',
        properties: { LogGroupName: `/aws/lambda/${properties.FunctionName}`, RetentionInDays: expect.any(Number) },
      });
    });

    it.each(functions)('$id has a role of its own under a name that a policy can rely on', ({ properties }) => {
      const role = app.target(properties.Role)!;
      expect(role.properties.RoleName).toBe(properties.FunctionName);
      expect(functions.filter((other) => app.target(other.properties.Role) === role)).toHaveLength(1);
    });

    it.each(functions)('$id is a bundle of at most 1 MB', ({ properties }) => {
      const key = plain((properties.Code as { S3Key: unknown }).S3Key);
      const file = join(app.folder, `asset.${key.replace(/\.zip$/, '')}`, 'index.mjs');
      expect(statSync(file).size).toBeLessThanOrEqual(LARGEST_BUNDLE);
    });
  });

  describe('every log group', () => {
    it.each(app.ofType('AWS::Logs::LogGroup'))('$id forgets some day', ({ properties }) => {
      expect(properties.RetentionInDays).toBeGreaterThan(0);
    });
  });
}
