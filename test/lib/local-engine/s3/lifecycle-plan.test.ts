import { expect, test } from 'vitest';
import { parseBucketProperties } from '../../../../lib/local-engine/s3/bucket-properties.ts';
import type { LifecycleRule } from '../../../../lib/local-engine/s3/lifecycle.ts';
import { planLifecycle } from '../../../../lib/local-engine/s3/lifecycle-plan.ts';
import type { ObjectVersion, Version } from '../../../../lib/local-engine/s3/version.ts';

type Facts = Partial<Omit<ObjectVersion, 'tags'>> & { tags?: Record<string, string> };

const LARGE = 10 * 1024 ** 2;

function version(lastModified: string, { tags = {}, ...facts }: Facts = {}): ObjectVersion {
  const pairs = Object.entries(tags).map(([key, value]) => ({ key, value }));
  return {
    key: 'logs/one',
    versionId: lastModified,
    sequence: 1,
    lastModified: new Date(`${lastModified}${lastModified.endsWith('Z') ? '' : 'Z'}`).toISOString(),
    headers: {},
    encryption: { algorithm: 'AES256' },
    deleteMarker: false,
    file: 'file',
    size: LARGE,
    etag: 'etag',
    checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'AAAAAA==' },
    ...facts,
    tags: pairs,
  };
}

function marker(lastModified: string): Version {
  const { key, versionId, sequence, lastModified: at } = version(lastModified);
  return { key, versionId, sequence, lastModified: at, deleteMarker: true };
}

type Rule = Partial<LifecycleRule>;

/** What is due, as `rule: action` of each version by its own time. */
function due(rules: Rule[], versions: Version[], now: string, properties: Record<string, unknown> = {}): string[] {
  const Rules = rules.map((rule, index) => ({ Id: `rule ${index + 1}`, Status: 'Enabled', ...rule }));
  const parsed = parseBucketProperties({
    VersioningConfiguration: { Status: 'Enabled' },
    ...properties,
    LifecycleConfiguration: { Rules, ...(properties.LifecycleConfiguration as object) },
  });
  return planLifecycle(parsed, versions, new Date(now)).map(({ what, rule, storageClass, version: { versionId } }) =>
    [rule, what, storageClass, versionId].filter((part) => part !== undefined).join(' '),
  );
}

/** Nothing a moment before a time, this much at it. */
function dueAt(rules: Rule[], versions: Version[], time: string, expected: string[], properties?: Record<string, unknown>): void {
  const before = new Date(Date.parse(time) - 1).toISOString();
  expect([due(rules, versions, before, properties), due(rules, versions, time, properties)]).toEqual([[], expected]);
}

const unversioned = { VersioningConfiguration: undefined };

// "If an object was created at 1/15/2014 10:30 AM UTC and you specify 3 days in a transition rule, then the transition date of the object
// would be calculated as 1/19/2014 00:00 UTC" (S3 user guide, Lifecycle configuration elements, also for expiration).
test.each([
  ['the guide: 15 January 10:30 and 3 days', '2014-01-15T10:30', 3, '2014-01-19T00:00:00Z'],
  ['a millisecond before midnight', '2014-01-15T23:59:59.999', 3, '2014-01-19T00:00:00Z'],
  ['at midnight itself', '2014-01-15T00:00', 3, '2014-01-19T00:00:00Z'],
  ['over a leap day', '2024-02-28T12:00', 1, '2024-03-01T00:00:00Z'],
  ['over the end of a February without one', '2023-02-28T12:00', 1, '2023-03-02T00:00:00Z'],
  ['from a leap day over a year', '2024-02-29T12:00', 365, '2025-03-01T00:00:00Z'],
  ['over the end of a century that is a leap year', '2000-02-28T12:00', 1, '2000-03-01T00:00:00Z'],
  ['over New Year', '2023-12-31T23:00', 1, '2024-01-02T00:00:00Z'],
  ['over a change to daylight saving time', '2026-03-28T23:30', 1, '2026-03-30T00:00:00Z'],
] as const)('days are counted from the creation and rounded to the next midnight UTC: %s', (_name, created, days, time) => {
  dueAt([{ ExpirationInDays: days }], [version(created)], time, [`rule 1 expire ${created}`]);
  const Transitions = [{ StorageClass: 'GLACIER', TransitionInDays: days }];
  dueAt([{ Transitions }], [version(created)], time, [`rule 1 move GLACIER ${created}`]);
});

// "Suppose that on 1/1/2014 10:30 AM UTC, you create an object called photo.gif. On 1/2/2014 11:30 AM UTC, you accidentally delete
// photo.gif. […] On 1/8/2014 00:00 UTC, the Lifecycle rule for expiration executes and permanently deletes photo.gif, five days after it
// became a noncurrent version" (S3 user guide, Lifecycle configuration elements).
test('a version goes by when it was hidden, not by when it was made', () => {
  const photo = [marker('2014-01-02T11:30'), version('2014-01-01T10:30')];
  dueAt([{ NoncurrentVersionExpiration: { NoncurrentDays: 5 } }], photo, '2014-01-08T00:00:00Z', [
    'rule 1 remove 2014-01-01T10:30',
  ]);
});

// "A current version created at 1/1/2014 10:30 AM UTC. If the new version that replaces it is created at 1/15/2014 10:30 AM UTC, and you
// specify 3 days in a transition rule, the transition date is calculated as 1/19/2014 00:00 UTC" (the same page).
test('a version moves by when it was replaced', () => {
  const NoncurrentVersionTransitions = [{ StorageClass: 'GLACIER', TransitionInDays: 3 }];
  const versions = [version('2014-01-15T10:30'), version('2014-01-01T10:30')];
  dueAt([{ NoncurrentVersionTransitions }], versions, '2014-01-19T00:00:00Z', ['rule 1 move GLACIER 2014-01-01T10:30']);
});

// "When the specific date arrives […] The date-based action is not a one-time action. S3 also continues to expire any new objects."
test('a date applies to what is there, and to what comes after it', () => {
  const rules = [{ ExpirationDate: '2026-06-01T00:00:00.000Z' }];
  dueAt(rules, [version('2026-01-01')], '2026-06-01T00:00:00Z', ['rule 1 expire 2026-01-01']);
  dueAt(rules, [version('2026-07-04T12:00')], '2026-07-05T00:00:00Z', ['rule 1 expire 2026-07-04T12:00']);
});

const created = '2026-01-01T12:00';
const far = '2030-01-01T00:00:00Z';

// "The Lifecycle rule applies to objects that have both of the tags specified. […] If an object has additional tags specified, the rule
// will still apply" and "Each tag must match both key and value exactly".
test.each([
  ['the prefix', { Prefix: 'logs/' }, {}, true],
  ['another prefix', { Prefix: 'log/' }, {}, false],
  ['an empty prefix', { Prefix: '' }, {}, true],
  ['its tag', { TagFilters: [{ Key: 'a', Value: '1' }] }, { tags: { a: '1', b: '2' } }, true],
  ['another value', { TagFilters: [{ Key: 'a', Value: '1' }] }, { tags: { a: '11' } }, false],
  ['another case', { TagFilters: [{ Key: 'a', Value: 'x' }] }, { tags: { a: 'X' } }, false],
  ['no tag at all', { TagFilters: [{ Key: 'a', Value: '1' }] }, {}, false],
  ['one of two tags', { TagFilters: tagged('a', 'b') }, { tags: { a: '1' } }, false],
  ['both tags', { TagFilters: tagged('a', 'b') }, { tags: { a: '1', b: '1' } }, true],
  ['both tags and another prefix', { Prefix: 'x/', TagFilters: tagged('a') }, { tags: { a: '1' } }, false],
  ['a size just as large', { ObjectSizeGreaterThan: 500 }, { size: 500 }, false],
  ['a size just above', { ObjectSizeGreaterThan: 500 }, { size: 501 }, true],
  ['a size just below', { ObjectSizeLessThan: 64_000 }, { size: 63_999 }, true],
  ['a size just at the end', { ObjectSizeLessThan: '64000' }, { size: 64_000 }, false],
  ['an empty object below a size', { ObjectSizeLessThan: 1 }, { size: 0 }, true],
  ['all of it', { Prefix: 'logs/', TagFilters: tagged('a'), ObjectSizeGreaterThan: '1' }, { tags: { a: '1' } }, true],
] as [string, Rule, Facts, boolean][])(
  'a filter is fulfilled only by all of its conditions: %s',
  (_name, filter, facts, matches) => {
    const current = version(created, facts);
    expect(due([{ ...filter, ExpirationInDays: 1 }], [current], far)).toEqual(matches ? [`rule 1 expire ${created}`] : []);
    const hidden = [marker('2026-01-02'), current];
    const noncurrent = { ...filter, NoncurrentVersionExpiration: { NoncurrentDays: 1 } };
    expect(due([noncurrent], hidden, far)).toEqual(matches ? [`rule 1 remove ${created}`] : []);
  },
);

function tagged(...keys: string[]): { Key: string; Value: string }[] {
  return keys.map((Key) => ({ Key, Value: '1' }));
}

test('a disabled rule does nothing', () => {
  expect(due([{ Status: 'Disabled', ExpirationInDays: 1 }], [version(created)], far)).toEqual([]);
});

test('the tags of the version itself decide, not those of a newer one', () => {
  const rules = [{ TagFilters: tagged('a'), NoncurrentVersionExpiration: { NoncurrentDays: 1 } }];
  const [newer, older] = [version('2026-02-01', { tags: { a: '1' } }), version('2026-01-01')];
  expect(due(rules, [newer, older], far)).toEqual([]);
  expect(due(rules, [version('2026-02-01'), version('2026-01-01', { tags: { a: '1' } })], far)).toEqual([
    'rule 1 remove 2026-01-01',
  ]);
});

// "The Expiration action applies only to the current version"; "Amazon S3 doesn't take any action if there are one or more object
// versions and the delete marker is the current version" (the same page).
test('an expiry hides the current version and touches no other', () => {
  const rules = [{ ExpirationInDays: 1 }];
  expect(due(rules, [version('2026-01-02'), version('2026-01-01')], far)).toEqual(['rule 1 expire 2026-01-02']);
  expect(due(rules, [marker('2026-01-02'), version('2026-01-01')], far)).toEqual([]);
});

// "A delete marker with zero noncurrent versions is referred to as an expired object delete marker"; "When you specify the Days tag, S3
// automatically performs ExpiredObjectDeleteMarker cleanup when the delete markers are old enough to satisfy the age criteria. To clean
// up delete markers as soon as they become the only version, create a separate rule" (Examples, 7).
test('a marker goes when nothing is left below it', () => {
  const own = [{ ExpiredObjectDeleteMarker: true }];
  dueAt(own, [marker('2026-01-02T12:00')], '2026-01-03T00:00:00Z', ['rule 1 remove 2026-01-02T12:00']);
  expect(due(own, [marker('2026-01-02'), version('2026-01-01')], far)).toEqual([]);
  expect(due([{ ExpiredObjectDeleteMarker: false }], [marker('2026-01-02')], far)).toEqual([]);
  dueAt([{ ExpirationInDays: 5 }], [marker('2026-01-02T12:00')], '2026-01-08T00:00:00Z', ['rule 1 remove 2026-01-02T12:00']);
  expect(due([{ ExpirationInDays: 5, TagFilters: tagged('a') }], [marker('2026-01-02')], far)).toEqual([]);
});

test('a marker that is hidden itself goes like any hidden version, but by no rule that looks at tags', () => {
  const versions = [version('2026-01-05'), marker('2026-01-02'), version('2026-01-01', { tags: { a: '1' } })];
  const NoncurrentVersionExpiration = { NoncurrentDays: 1 };
  expect(due([{ NoncurrentVersionExpiration }], versions, far)).toEqual(['rule 1 remove 2026-01-01', 'rule 1 remove 2026-01-02']);
  expect(due([{ TagFilters: tagged('a'), NoncurrentVersionExpiration }], versions, far)).toEqual(['rule 1 remove 2026-01-01']);
});

// "You can also provide a maximum number of noncurrent versions to retain. (The maximum number of noncurrent versions does not include
// versions marked with noncurrent delete markers.)"
test('the newest hidden versions stay where a rule keeps some', () => {
  const versions = [
    version('2026-01-09'),
    version('2026-01-04'),
    marker('2026-01-03'),
    version('2026-01-02'),
    version('2026-01-01'),
  ];
  const rules = (NewerNoncurrentVersions: number) => [
    { NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions } },
  ];
  expect(due(rules(2), versions, far)).toEqual(['rule 1 remove 2026-01-01']);
  expect(due(rules(3), versions, far)).toEqual([]);
  expect(due(rules(1), versions, far)).toEqual([
    'rule 1 remove 2026-01-01',
    'rule 1 remove 2026-01-02',
    'rule 1 remove 2026-01-03',
  ]);
  const NoncurrentVersionTransitions = [{ StorageClass: 'GLACIER', TransitionInDays: 0, NewerNoncurrentVersions: 2 }];
  expect(due([{ NoncurrentVersionTransitions }], versions, far)).toEqual(['rule 1 move GLACIER 2026-01-01']);
});

test('where no versions are kept an expiry is for good, and rules for hidden versions have no effect', () => {
  const rules = [{ ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }];
  expect(due(rules, [version(created)], far, unversioned)).toEqual([`rule 1 expire ${created}`]);
});

// How Amazon S3 handles conflicts in lifecycle configurations, with its examples.
test.each([
  [
    'the shorter of two expiries',
    [{ ExpirationInDays: 365 }, { Prefix: 'logs/', ExpirationInDays: 14 }],
    '2026-01-16T00:00:00Z',
    [`rule 2 expire ${created}`],
  ],
  [
    'example 3, the earlier of two moves',
    [moving('STANDARD_IA', 40), { Prefix: 'logs/', ...moving('STANDARD_IA', 365) }],
    '2026-02-11T00:00:00Z',
    [`rule 1 move STANDARD_IA ${created}`],
  ],
  [
    'the cheaper of two moves of one day',
    [moving('STANDARD_IA', 365), moving('GLACIER', 365), moving('ONEZONE_IA', 365)],
    '2027-01-02T00:00:00Z',
    [`rule 2 move GLACIER ${created}`],
  ],
  [
    'example 4, an expiry long before a move',
    [moving('GLACIER', 365), { ExpirationInDays: 14 }],
    '2026-01-16T00:00:00Z',
    [`rule 2 expire ${created}`],
  ],
] as [string, Rule[], string, string[]][])('where rules meet, S3 decides: %s', (_name, rules, time, expected) => {
  dueAt(rules, [version(created)], time, expected);
});

function moving(StorageClass: string, TransitionInDays: number): Rule {
  return { Transitions: [{ StorageClass, TransitionInDays }] };
}

// "Permanent deletion takes precedence over transition. Transition takes precedence over creation of delete markers."
test('of one day, a removal goes before a move, and a move before a delete marker', () => {
  const rules = [{ ExpirationInDays: 365 }, moving('GLACIER', 365)];
  dueAt(rules, [version(created)], '2027-01-02T00:00:00Z', [`rule 1 expire ${created}`], unversioned);
  dueAt(rules, [version(created)], '2027-01-02T00:00:00Z', [`rule 2 move GLACIER ${created}`]);
  const moved = version(created, { storageClass: 'GLACIER' });
  dueAt(rules, [moved], '2027-01-03T00:00:00Z', [`rule 1 expire ${created}`]);
  const NoncurrentVersionTransitions = [{ StorageClass: 'GLACIER', TransitionInDays: 9 }];
  const hidden = [{ NoncurrentVersionTransitions }, { NoncurrentVersionExpiration: { NoncurrentDays: 9 } }];
  dueAt(hidden, [marker('2026-01-02'), version(created)], '2026-01-12T00:00:00Z', [`rule 2 remove ${created}`]);
});

test('what was due on several days is done in their order', () => {
  const rules = [moving('STANDARD_IA', 30), moving('GLACIER', 90), { ExpirationInDays: 365 }];
  expect(due(rules, [version(created)], '2026-04-05T00:00:00Z')).toEqual([`rule 2 move GLACIER ${created}`]);
  expect(due(rules, [version(created)], far)).toEqual([`rule 2 move GLACIER ${created}`, `rule 3 expire ${created}`]);
});

// "The S3 Standard storage class to any other storage class. […] You can't transition from the S3 One Zone-IA storage class to the S3
// Intelligent-Tiering, S3 Standard-IA, or S3 Glacier Instant Retrieval storage classes" (Supported lifecycle transitions).
test.each([
  ['STANDARD', 'DEEP_ARCHIVE', true],
  ['STANDARD_IA', 'GLACIER_IR', true],
  ['ONEZONE_IA', 'GLACIER_IR', false],
  ['ONEZONE_IA', 'STANDARD_IA', false],
  ['GLACIER_IR', 'ONEZONE_IA', false],
  ['GLACIER', 'DEEP_ARCHIVE', true],
  ['DEEP_ARCHIVE', 'GLACIER', false],
  ['GLACIER', 'GLACIER', false],
] as const)('from %s to %s there is a way: %s', (storageClass, to, exists) => {
  expect(due([moving(to, 30)], [version(created, { storageClass })], far)).toHaveLength(exists ? 1 : 0);
});

// TransitionDefaultMinimumObjectSize: "Custom filters always take precedence over the default transition behavior".
test('small objects move only where the rule, or the bucket, says so', () => {
  const small = [version(created, { size: 128 * 1024 - 1 })];
  const varies = { LifecycleConfiguration: { TransitionDefaultMinimumObjectSize: 'varies_by_storage_class' } };
  expect(due([moving('GLACIER', 1)], small, far)).toEqual([]);
  expect(due([moving('GLACIER', 1)], [version(created, { size: 128 * 1024 })], far)).toHaveLength(1);
  expect(due([{ ...moving('GLACIER', 1), ObjectSizeGreaterThan: 500 }], small, far)).toHaveLength(1);
  expect(due([moving('GLACIER', 1)], small, far, varies)).toHaveLength(1);
  expect(due([moving('GLACIER_IR', 1)], small, far, varies)).toEqual([]);
});

// "A locked version of an object cannot be deleted by a S3 Lifecycle expiration policy"; lifecycle configurations "continue to function
// normally on protected objects, including placing delete markers" (Object Lock considerations).
test('a locked version is hidden and moved, and never removed', () => {
  const lock = { mode: 'GOVERNANCE', until: '2029-01-01T00:00:00.000Z' } as const;
  const rules = [{ ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }, moving('GLACIER', 9)];
  const locked = version(created, { lock });
  expect(due(rules.slice(0, 1), [locked], '2028-01-01T00:00:00Z')).toEqual([`rule 1 expire ${created}`]);
  expect(due(rules.slice(1), [locked], '2028-01-01T00:00:00Z')).toEqual([`rule 1 move GLACIER ${created}`]);
  const hidden = [marker('2026-01-02'), locked];
  expect(due(rules, hidden, '2028-12-31T23:59:59Z')).toEqual([]);
  expect(due(rules, hidden, '2029-01-01T00:00:00Z')).toEqual([`rule 1 remove ${created}`]);
  expect(due(rules, [marker('2026-01-02'), version(created, { legalHold: 'ON' })], far)).toEqual([]);
  expect(due(rules, [marker('2026-01-02'), version(created, { legalHold: 'OFF' })], far)).toEqual([`rule 1 remove ${created}`]);
});

test.each([
  ['no action', {}],
  ['markers by tag', { ExpiredObjectDeleteMarker: true, TagFilters: tagged('a') }],
  ['uploads by tag', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, TagFilters: tagged('a') }],
  ['uploads by size', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, ObjectSizeLessThan: 9 }],
  ['days beside a date', { ExpirationInDays: 1, ExpirationDate: '2026-01-01T00:00:00Z' }],
  ['days beside markers', { ExpirationInDays: 1, ExpiredObjectDeleteMarker: true }],
  ['no days', { ExpirationInDays: 0 }],
  ['half a day', { ExpirationInDays: 0.5 }],
  ['a date that is not midnight', { ExpirationDate: '2026-01-01T01:00:00Z' }],
  ['a date that is none', { ExpirationDate: 'soon' }],
  ['too many kept versions', { NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 101 } }],
  ['no days for hidden versions', { NoncurrentVersionExpiration: { NewerNoncurrentVersions: 1 } as never }],
  ['an early move to infrequent access', moving('STANDARD_IA', 29)],
  ['a class that is not carried out', moving('INTELLIGENT_TIERING', 30)],
  ['a move with neither days nor date', { Transitions: [{ StorageClass: 'GLACIER' }] }],
  ['an expiry before a move', { ...moving('GLACIER', 10), ExpirationInDays: 10 }],
  ['an expiry by date beside a move by days', { ...moving('GLACIER', 10), ExpirationDate: '2026-01-01T00:00:00Z' }],
  ['a field of tomorrow', { ExpirationInDays: 1, Surprise: 1 } as never],
  ['a size that is none', { ExpirationInDays: 1, ObjectSizeLessThan: 'large' }],
] as [string, Rule][])('a rule that S3 would refuse is refused when the bucket is made: %s', (_name, rule) => {
  expect(() => due([rule], [], far)).toThrow(/^Lifecycle rule rule 1: /);
});

test('two rules of one name, and an unknown field of the whole, are refused', () => {
  const rule = { Id: 'twice', ExpirationInDays: 1 };
  expect(() => due([rule, rule], [], far)).toThrow('the Id is there twice');
  expect(() => due([rule], [], far, { LifecycleConfiguration: { Surprise: 1 } })).toThrow('Surprise');
});
