import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { childLabel, currentStep, machineOf, Steps } from '../../../lib/operator/steps.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 2, 0, second));
const event = (id: number, type: HistoryEventType, details: Partial<HistoryEvent> = {}): HistoryEvent => ({
  id,
  type,
  timestamp: at(id),
  ...details,
});
const entered = (id: number, name: string, type: HistoryEventType = 'TaskStateEntered') =>
  event(id, type, { stateEnteredEventDetails: { name } });
const exited = (id: number, name: string) => event(id, 'TaskStateExited', { stateExitedEventDetails: { name } });
const CHILD = 'arn:aws:states:us-east-1:1:execution:s-backup-host-command:20261123T020000Z-capture-database-app-1-k3f9';

test('a step is entered, left after its seconds, and states that do no work are not shown', () => {
  const steps = new Steps();
  expect(
    steps.take([entered(1, 'Take the lock'), exited(4, 'Take the lock'), entered(5, 'Decide', 'ChoiceStateEntered')]),
  ).toEqual([
    { at: at(1), kind: 'entered', step: 'Take the lock' },
    { at: at(4), kind: 'left', step: 'Take the lock', seconds: 3, ok: true },
  ]);
});

test('events seen before are not told again', () => {
  const steps = new Steps();
  const first = [entered(1, 'Plan'), exited(2, 'Plan')];
  steps.take(first);
  expect(steps.take([...first, entered(3, 'Seal')])).toEqual([{ at: at(3), kind: 'entered', step: 'Seal' }]);
});

test('a child execution is found where a task asks for it', () => {
  const scheduled = (id: number, resource: string, parameters: string) =>
    event(id, 'TaskScheduled', {
      taskScheduledEventDetails: { resource, parameters, resourceType: 'states', region: 'us-east-1' },
    });
  const wanted = { StateMachineArn: machineOf(CHILD), Name: CHILD.split(':').at(-1), Input: {} };
  const changes = new Steps().take([
    scheduled(1, 'startExecution.sync:2', JSON.stringify(wanted)),
    scheduled(2, 'startExecution.sync:2', 'not JSON'),
    scheduled(3, 'describeExecution', JSON.stringify(wanted)),
  ]);
  expect(changes).toEqual([{ at: at(1), kind: 'child', executionArn: CHILD }]);
});

test('an execution that failed tells its error', () => {
  const failed = event(1, 'ExecutionFailed', { executionFailedEventDetails: { error: 'DumpFailed', cause: 'lost' } });
  expect(new Steps().take([failed])).toEqual([{ at: at(1), kind: 'ended', ok: false, error: 'DumpFailed', cause: 'lost' }]);
});

test('a step that failed and was caught is told as failed', () => {
  const failed = event(2, 'TaskFailed', { taskFailedEventDetails: { resource: 'r', resourceType: 't', error: 'DumpFailed' } });
  const changes = new Steps().take([entered(1, 'Capture'), failed, { ...exited(3, 'Capture'), previousEventId: 2 }]);
  expect(changes.at(-1)).toEqual({ at: at(3), kind: 'left', step: 'Capture', seconds: 2, ok: false });
});

test('a command on the host is called by its work, any other child by its machine', () => {
  const command = (name: string) => childLabel(`arn:aws:states:us-east-1:1:execution:s-backup-host-command:${name}`, 's', true);
  expect(childLabel(CHILD, 's', true)).toBe('capture-database-app');
  expect(command('20261123T160328Z-13c0b8-remove-scratch-0-6cd1')).toBe('remove-scratch');
  expect(command('clean-up-manual-20261123T160404Z-7b24fe-0-6cd1')).toBe('clean-up');
  expect(childLabel('arn:aws:states:us-east-1:1:execution:s-backup-prove:20261123T020000Z-prove-0-ab12', 's', false)).toBe(
    'prove',
  );
  expect(machineOf(CHILD)).toBe('arn:aws:states:us-east-1:1:stateMachine:s-backup-host-command');
});

test('the current step is the newest that works', () => {
  expect(currentStep([entered(3, 'Is it whole?', 'ChoiceStateEntered'), exited(2, 'Plan'), entered(1, 'Plan')])).toBe('Plan');
  expect(currentStep([event(1, 'ExecutionStarted')])).toBe(null);
});
