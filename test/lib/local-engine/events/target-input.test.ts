import { expect, test } from 'vitest';
import { isSimplePath, targetInput, undefinedPlaceholders } from '../../../../lib/local-engine/events/target-input.ts';

const event = { id: '7', detail: { name: 'tulip "red"', height: 30, beds: ['north'], gone: null } };

test('a target without a choice gets the event', () => {
  expect(JSON.parse(targetInput({}, event))).toEqual(event);
});

test('a target gets its constant, or the part of the event that its path names', () => {
  expect(targetInput({ Input: '{"a":1}' }, event)).toBe('{"a":1}');
  expect(JSON.parse(targetInput({ InputPath: '$.detail.beds' }, event))).toEqual(['north']);
  expect(JSON.parse(targetInput({ InputPath: '$' }, event))).toEqual(event);
});

test('a template is filled with JSON, and with escaped text inside of texts', () => {
  const InputTransformer = {
    InputPathsMap: { name: '$.detail.name', height: '$.detail.height', beds: '$.detail.beds', none: '$.detail.none' },
    InputTemplate: '{"name":<name>,"height":<height>,"beds":<beds>,"none":<none>,"text":"a <name> of <height> \\"cm\\"<none>"}',
  };
  expect(JSON.parse(targetInput({ InputTransformer }, event))).toEqual({
    name: 'tulip "red"',
    height: 30,
    beds: ['north'],
    none: '',
    text: 'a tulip "red" of 30 "cm"',
  });
});

test('placeholders and paths that the engine cannot fill are found', () => {
  expect(undefinedPlaceholders({ InputPathsMap: { a: '$.a' }, InputTemplate: '<a> <aws.events.rule-name>' })).toEqual([
    'aws.events.rule-name',
  ]);
  expect(['$', '$.detail.name', '$.a[0]', 'name'].map(isSimplePath)).toEqual([true, true, false, false]);
});
