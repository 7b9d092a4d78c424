import type { BucketProperties } from './bucket-properties.ts';
import type { LockPeriod } from './version.ts';

/** The lock that versions get by default, as CloudFormation writes it. */
export interface ObjectLockConfiguration {
  ObjectLockEnabled?: 'Enabled';
  Rule?: { DefaultRetention: { Mode: LockPeriod['mode']; Days?: number; Years?: number } };
}

/** S3 user guide, Object Lock considerations: 100 years at most. */
const MOST_DAYS = 36_500;
const MOST_YEARS = 100;

/**
 * Properties whose Object Lock makes sense: it goes with versioning, which S3 enables together with it and which then cannot be
 * suspended. Throws a `TypeError` for anything else.
 */
export function requireObjectLock(properties: BucketProperties): BucketProperties {
  const { ObjectLockConfiguration: configuration, VersioningConfiguration: versioning } = properties;
  // CloudFormation takes a boolean as a text too.
  const enabled = String(properties.ObjectLockEnabled ?? false);
  if (!['true', 'false'].includes(enabled)) throw new TypeError(`ObjectLockEnabled: ${enabled} is neither true nor false`);
  if (configuration !== undefined) requireConfiguration(configuration, enabled === 'true');
  if (enabled === 'false') return properties;
  if (versioning?.Status === 'Suspended') throw new TypeError('ObjectLockEnabled: versioning cannot be suspended beside it');
  return { ...properties, ObjectLockEnabled: true, VersioningConfiguration: { Status: 'Enabled' } };
}

function requireConfiguration(configuration: ObjectLockConfiguration, enabled: boolean): void {
  if (!enabled) throw new TypeError('ObjectLockConfiguration needs ObjectLockEnabled: true');
  only(configuration, ['ObjectLockEnabled', 'Rule'], 'ObjectLockConfiguration');
  if (configuration.ObjectLockEnabled !== 'Enabled')
    throw new TypeError('ObjectLockConfiguration.ObjectLockEnabled must be Enabled');
  if (configuration.Rule === undefined) return;
  only(configuration.Rule, ['DefaultRetention'], 'ObjectLockConfiguration.Rule');
  const { DefaultRetention: byDefault } = configuration.Rule;
  only(byDefault ?? {}, ['Mode', 'Days', 'Years'], 'ObjectLockConfiguration.Rule.DefaultRetention');
  const { Mode, Days, Years } = byDefault ?? {};
  if (Mode !== 'GOVERNANCE' && Mode !== 'COMPLIANCE')
    throw new TypeError(`ObjectLockConfiguration: Mode ${Mode} is not implemented`);
  const period = Days ?? Years;
  const most = Days === undefined ? MOST_YEARS : MOST_DAYS;
  if ((Days === undefined) === (Years === undefined) || !Number.isInteger(period) || period! < 1 || period! > most)
    throw new TypeError(
      `ObjectLockConfiguration: a rule has Days from 1 to ${MOST_DAYS}, or Years from 1 to ${MOST_YEARS}, and not both`,
    );
}

function only(value: object, names: string[], path: string): void {
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new TypeError(`${path}: fields that are not implemented: ${unknown.join(', ')}`);
}
