import { expect, test } from 'vitest';
import { readCause } from '../../../lib/operator/cause.ts';

test('our own cause gives id, message and one problem per failed source', () => {
  const cause = {
    id: '20261123T020000Z',
    message: 'one source failed',
    sources: [{ label: 'database-app', name: 'DumpFailed', message: 'lost' }],
  };
  expect(readCause(JSON.stringify(cause))).toEqual({
    message: 'one source failed',
    id: '20261123T020000Z',
    proofId: null,
    problems: [{ path: 'database-app', value: 'DumpFailed', message: 'lost' }],
  });
});

test('a cause inside the description of a failed child is found', () => {
  const child = {
    Error: 'VerificationFailed',
    Cause: JSON.stringify({ id: 'i', proofId: 'p', message: 'two checks failed' }),
    Status: 'FAILED',
  };
  expect(readCause(JSON.stringify(child))).toMatchObject({ message: 'two checks failed', id: 'i', proofId: 'p' });
});

test('what a function threw is its message', () => {
  expect(readCause(JSON.stringify({ errorType: 'DumpFailed', errorMessage: 'lost', trace: [] })).message).toBe('lost');
});

test('plain text and JSON of another form stay as they are', () => {
  expect(readCause('it broke').message).toBe('it broke');
  expect(readCause('[1]')).toEqual({ message: '[1]', id: null, proofId: null, problems: [] });
  expect(readCause('').message).toBe('');
});
