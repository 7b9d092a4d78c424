import { GetScheduleCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { expect, test, vi } from 'vitest';
import type { Invocation } from '../../../../lib/local-engine/events/rules.ts';
import { runSchedules, type Schedule } from '../../../../lib/local-engine/schedule/schedules.ts';
import { machineResource, roleResource } from '../foreign-assembly.ts';
import { eventually, shopOptions, started } from '../foreign-engine.ts';

const schedule: Schedule = {
  name: 'watering',
  group: 'default',
  arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/watering',
  expression: 'cron(0 6 * * ? *)',
  timeZone: 'UTC',
  enabled: true,
  startDate: undefined,
  endDate: undefined,
  target: {
    Arn: 'the-hose',
    RoleArn: 'role',
    Input: '{"at":"<aws.scheduler.scheduled-time>","try":<aws.scheduler.attempt-number>}',
  },
  properties: {},
};

/** Runs schedules in a time that moves only when it is told to; gives what they fired until then. */
async function firedWithin(hours: number, schedules: Schedule[], moves = hours * 60): Promise<Invocation[]> {
  vi.useFakeTimers({ now: new Date('2026-11-23T05:00:30Z') });
  try {
    const fired: Invocation[] = [];
    const stop = new AbortController();
    const ended = runSchedules(schedules, (invocation) => fired.push(invocation), stop.signal);
    for (let move = 0; move < moves; move += 1) await vi.advanceTimersByTimeAsync((hours * 3_600_000) / moves);
    stop.abort();
    await ended;
    return fired;
  } finally {
    vi.useRealTimers();
  }
}

test('a schedule fires its target at its times, with the scheduled time in its input', async () => {
  const fired = await firedWithin(26, [schedule]);
  expect(fired.map(({ arn, input }) => [arn, JSON.parse(input)])).toEqual([
    ['the-hose', { at: '2026-11-23T06:00:00Z', try: 1 }],
    ['the-hose', { at: '2026-11-24T06:00:00Z', try: 1 }],
  ]);
  expect(new Set(fired.map(({ id }) => id)).size).toBe(2);
});

test('a disabled schedule, and one whose period is over, do not fire', async () => {
  expect(
    await firedWithin(3, [
      { ...schedule, enabled: false },
      { ...schedule, endDate: new Date('2026-11-23T05:30:00Z') },
    ]),
  ).toEqual([]);
});

test('after a long sleep only the last missed time fires, and only when it is not too old', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-23T05:00:30Z') });
  try {
    const fired: Invocation[] = [];
    const stop = new AbortController();
    const young = { ...schedule, target: { ...schedule.target, RetryPolicy: { MaximumEventAgeInSeconds: 3600 } } };
    const ended = runSchedules([schedule, young], (invocation) => fired.push(invocation), stop.signal);
    // The machine was suspended: its clock went on, its timers did not.
    vi.setSystemTime(new Date('2026-11-25T09:00:00Z'));
    await vi.advanceTimersByTimeAsync(60_000);
    stop.abort();
    await ended;
    expect(fired.map(({ input }) => JSON.parse(input).at)).toEqual(['2026-11-25T06:00:00Z']);
  } finally {
    vi.useRealTimers();
  }
});

const shop = {
  Resources: {
    Clerk: roleResource,
    Watering: machineResource({ StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } }),
    Soon: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'soon',
        GroupName: 'garden',
        ScheduleExpression: '',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: { Ref: 'Watering' },
          RoleArn: { 'Fn::GetAtt': ['Clerk', 'Arn'] },
          Input: '{"at":"<aws.scheduler.scheduled-time>"}',
        },
      },
    },
  },
  Outputs: { Watering: { Value: { Ref: 'Watering' } } },
};

test('schedules are listed and described, and start machines once however many callers run them', async () => {
  const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4000);
  const stack = structuredClone(shop);
  stack.Resources.Soon.Properties.ScheduleExpression = `at(${soon.toISOString().slice(0, 19)})`;
  const { engine, clients } = await started(shopOptions(stack));
  const { Schedules } = await clients.scheduler.send(new ListSchedulesCommand({ GroupName: 'garden' }));
  expect(Schedules).toMatchObject([{ Name: 'soon', GroupName: 'garden', State: 'ENABLED' }]);
  const described = await clients.scheduler.send(new GetScheduleCommand({ Name: 'soon', GroupName: 'garden' }));
  expect(described).toMatchObject({ ScheduleExpressionTimezone: 'UTC', FlexibleTimeWindow: { Mode: 'OFF' } });

  const stop = new AbortController();
  const runs = [engine.runSchedules(stop.signal), engine.runSchedules(stop.signal)];
  const executions = await eventually(async () => {
    const list = await clients.states.send(new ListExecutionsCommand({ stateMachineArn: engine.outputs('Shop').Watering }));
    return list.executions!.length > 0 ? list.executions : undefined;
  });
  expect(executions).toHaveLength(1);
  const { input } = await clients.describe(executions![0]!.executionArn!);
  expect(JSON.parse(input!)).toEqual({ at: `${soon.toISOString().slice(0, 19)}Z` });
  stop.abort();
  await Promise.all(runs);
});
