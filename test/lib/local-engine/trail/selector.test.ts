import { expect, test } from 'vitest';
import { advancedSelector, basicSelector, type SelectableCall } from '../../../../lib/local-engine/trail/selector.ts';

const call: SelectableCall = {
  eventName: 'PutObject',
  readOnly: false,
  resourceArn: 'arn:aws:s3:::shelf/flowers/rose',
  identityArn: 'arn:aws:sts::123456789012:assumed-role/Clerk/Clerk',
};
const type = 'AWS::S3::Object';

/** Whether a selector selects, or what it complains of. */
function outcome(compile: (complain: (path: string, message: string) => void) => (call: SelectableCall) => boolean, of = call) {
  const complaints: string[] = [];
  const selects = compile((path) => complaints.push(path));
  return complaints.length > 0 ? complaints : selects(of);
}

const basic = (more: object, Values: string[], Type = type) =>
  outcome((complain) => basicSelector({ ...more, DataResources: [{ Type, Values }] }, complain));
const advanced = (...FieldSelectors: Record<string, unknown>[]) =>
  outcome((complain) => advancedSelector({ FieldSelectors: FieldSelectors as never }, complain));

test.each([
  ['everything', {}, ['arn:aws:s3'], true],
  ['every bucket', {}, ['arn:aws:s3:::'], true],
  ['its bucket', {}, ['arn:aws:s3:::shelf/'], true],
  ['its prefix', {}, ['arn:aws:s3:::other/', 'arn:aws:s3:::shelf/flo'], true],
  ['another bucket', {}, ['arn:aws:s3:::shelves/'], false],
  ['another prefix', {}, ['arn:aws:s3:::shelf/stones/'], false],
  ['writing', { ReadWriteType: 'WriteOnly' }, ['arn:aws:s3'], true],
  ['reading', { ReadWriteType: 'ReadOnly' }, ['arn:aws:s3'], false],
  ['nothing', {}, [], false],
] as const)('a selector of %s selects as CloudTrail documents it', (_name, more, values, expected) => {
  expect(basic(more, [...values])).toBe(expected);
});

test.each([
  ['the kind of its resource', [{ Field: 'resources.type', Equals: [type] }], true],
  ['another kind', [{ Field: 'resources.type', Equals: ['AWS::Lambda::Function'] }], false],
  ['management events', [{ Field: 'eventCategory', Equals: ['Management'] }], false],
  ['one of several names', [{ Field: 'eventName', Equals: ['DeleteObject', 'PutObject'] }], true],
  ['any name but its own', [{ Field: 'eventName', NotEquals: ['PutObject', 'GetObject'] }], false],
  ['a beginning', [{ Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::shelf/'] }], true],
  ['an excluded beginning', [{ Field: 'resources.ARN', NotStartsWith: ['arn:aws:s3:::shelf/'] }], false],
  ['an end', [{ Field: 'resources.ARN', EndsWith: ['rose'], NotEndsWith: ['tulip'] }], true],
  ['what only reads', [{ Field: 'readOnly', Equals: ['true'] }], false],
  ['all callers but one', [{ Field: 'userIdentity.arn', NotEquals: [call.identityArn] }], false],
  [
    'all of its conditions',
    [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'readOnly', Equals: ['false'] },
    ],
    true,
  ],
  [
    'only some of its conditions',
    [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'readOnly', Equals: ['true'] },
    ],
    false,
  ],
] as [string, Record<string, unknown>[], boolean][])('an advanced selector by %s: %s', (_name, fields, expected) => {
  expect(advanced(...fields)).toBe(expected);
});

test.each([
  [basic({}, ['arn:aws:lambda'], 'AWS::Lambda::Function'), ['DataResources.0.Type', 'DataResources.0.Values']],
  [basic({}, ['arn:aws:s3:::shelf']), ['DataResources.0.Values']],
  [basic({ ReadWriteType: 'Never' }, []), ['ReadWriteType']],
  [basic({ Surprise: 1 }, []), ['Surprise']],
  [advanced({ Field: 'weather', Equals: ['rain'] }), ['FieldSelectors.0.Field']],
  [advanced({ Field: 'eventName', Sounds: ['like'] }), ['FieldSelectors.0.Sounds']],
])('what a selector cannot mean is complained of by its place: %j', (outcome, places) => {
  expect(outcome).toEqual(places);
});
