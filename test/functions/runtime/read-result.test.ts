import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorEntry } from '../../../functions/contract/errors.ts';
import { type Invocation, readResult } from '../../../functions/runtime/read-result.ts';

function read(invocation: Partial<Invocation>): unknown {
  const whole = {
    status: 'Success',
    statusDetails: 'Success',
    responseCode: 0,
    stdout: '',
    stderr: '',
    ...invocation,
  } as Invocation;
  return readResult({ document: 'remove-scratch', invocation: whole });
}

/** `Name: message` of what reading throws. */
function failureOf(invocation: Partial<Invocation>): string {
  try {
    read(invocation);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error('It was read.');
}

const failed = (responseCode: number, more: Partial<Invocation> = {}) =>
  failureOf({ status: 'Failed', statusDetails: 'Failed', responseCode, ...more });

describe('a command that succeeded', () => {
  it('gives its one line of JSON', () => {
    expect(read({ stdout: '{"removed":2}\n' })).toEqual({ removed: 2 });
  });

  it.each([
    ['nothing', ''],
    ['only blank lines', '\n \n'],
  ])('is no success when it said %s', (_, stdout) => {
    expect(failureOf({ stdout, stderr: 'out of paper' })).toMatch(/^ResultMissing: .*out of paper/);
  });

  it.each([
    ['something that is not JSON', 'removed 2'],
    ['a line that was cut', '{"removed":'],
    ['something else than its schema', '{"removed":-1}'],
    ['two lines', '{"removed":1}\n{"removed":2}'],
  ])('is no success when it said %s', (_, stdout) => {
    expect(failureOf({ stdout })).toMatch(/^ResultInvalid: /);
  });
});

describe('a command that failed', () => {
  it.each(Object.entries<ErrorEntry>(ERRORS).filter(([, entry]) => entry.document))(
    'is %s by its exit status, with the message it gave',
    (name, { document }) => {
      const stdout = `{"error":{"name":"${name}","message":"because"}}\n`;
      expect(failed(document!, { stdout })).toBe(`${name}: because`);
    },
  );

  it('is told from its log when it gave no message', () => {
    expect(failed(79, { stderr: `${'x'.repeat(5000)} disk on fire` })).toMatch(/^DumpFailed: .{0,1300}disk on fire$/);
  });

  it('keeps the name it gave when the exit status was lost', () => {
    expect(failed(1, { stdout: '{"error":{"name":"DiskFull","message":"no space"}}' })).toBe('DiskFull: no space');
  });

  it.each([1, 2, 126, 127, 137, -1])('is CommandFailed when the table does not know its status %i', (status) => {
    expect(failed(status, { stderr: 'killed' })).toMatch(/^CommandFailed: .*killed$/);
  });

  it('is a failure even if it printed a result', () => {
    expect(failed(1, { stdout: '{"removed":2}' })).toMatch(/^CommandFailed: /);
  });
});

describe('a command that SSM ended', () => {
  it.each([
    ['TimedOut', 'TimedOut', 'CommandTimedOut'],
    ['TimedOut', 'ExecutionTimedOut', 'CommandTimedOut'],
    ['TimedOut', 'DeliveryTimedOut', 'CommandUndeliverable'],
    ['Cancelled', 'Cancelled', 'CommandCancelled'],
    ['Failed', 'Undeliverable', 'CommandUndeliverable'],
    ['Failed', 'Terminated', 'CommandUndeliverable'],
    ['Failed', 'InvalidPlatform', 'CommandUndeliverable'],
    ['Failed', 'AccessDenied', 'CommandUndeliverable'],
    ['TimedOut', 'Something new', 'CommandTimedOut'],
    ['Cancelled', 'Something new', 'CommandCancelled'],
  ] as const)('as %s (%s) is %s, whatever it printed', (status, statusDetails, name) => {
    expect(failureOf({ status, statusDetails, stdout: '{"removed":2}' })).toMatch(new RegExp(`^${name}: `));
  });
});
