import type { Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { refuseDeployment } from '../../../lib/platform/refuse-deployment.ts';
import { Schedules } from '../../../lib/platform/schedule.ts';
import { Workflow } from '../../../lib/platform/workflow.ts';
import { play } from '../local-engine/states/scripted-run.ts';
import { definitionOf, resourcesOf, stack, templateOf } from './stack.ts';

function workflow(alwaysOnFailure?: (scope: Stack) => sfn.Pass) {
  const scope = stack();
  const body = new sfn.CustomState(scope, 'Work', {
    stateJson: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true },
  });
  const made = new Workflow(scope, 'Workflow', {
    suite: 'shop',
    name: 'backup',
    comment: 'Makes a point',
    body,
    timeoutSeconds: 60,
    alwaysOnFailure: alwaysOnFailure?.(scope),
  });
  return { scope, made };
}

describe('a workflow', () => {
  it('is a JSONata machine with fixed names, a timeout, tracing and a log without execution data', () => {
    const { scope } = workflow();
    const template = templateOf(scope);
    expect(resourcesOf(template, 'AWS::StepFunctions::StateMachine')[0]!.Properties).toMatchObject({
      StateMachineName: 'shop-backup-backup',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
    expect(resourcesOf(template, 'AWS::IAM::Role')[0]!.Properties).toMatchObject({ RoleName: 'shop-backup-backup' });
    expect(definitionOf(template, 'shop-backup-backup')).toMatchObject({ QueryLanguage: 'JSONata', TimeoutSeconds: 60 });
  });

  it('gives the output of its body', async () => {
    const { scope } = workflow((scope) => sfn.Pass.jsonata(scope, 'Clean up'));
    const machine = definitionOf(templateOf(scope), 'shop-backup-backup');
    const told = await play({ machine, tasks: { Work: [{ give: { id: 'x' } }] } });
    expect(told.outcome).toMatchObject({ status: 'SUCCEEDED', output: { id: 'x' } });
  });

  it('cleans up after any failure and then fails with the same name and message', async () => {
    const { scope } = workflow((scope) => sfn.Pass.jsonata(scope, 'Clean up', { outputs: { saw: '{% $failure.name %}' } }));
    const machine = definitionOf(templateOf(scope), 'shop-backup-backup');
    const cause = JSON.stringify({ errorType: 'DumpFailed', errorMessage: 'cut short' });
    const told = await play({ machine, tasks: { Work: [{ fail: ['DumpFailed', cause] }] } });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'DumpFailed', cause: 'cut short' });
    expect(told.events.map(({ type }) => type)).toContain('PassStateEntered');
  });
});

describe('a schedule', () => {
  it('starts the workflow in its zone with the planned time, gives up after an hour and keeps what it gave up', () => {
    const { scope, made } = workflow();
    new Schedules(scope, 'Schedules', { name: 'shop-backup', timeZone: 'Europe/Berlin' }).start(made, {
      name: 'daily',
      expression: 'cron(0 2 * * ? *)',
      description: 'Daily point',
      input: { tier: 'daily' },
    });
    const template = templateOf(scope);
    expect(resourcesOf(template, 'AWS::Scheduler::Schedule')[0]!.Properties).toMatchObject({
      Name: 'shop-backup-daily',
      GroupName: 'shop-backup',
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Input: '{"tier":"daily","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: expect.anything() },
      },
    });
    expect(resourcesOf(template, 'AWS::SQS::Queue')[0]!.Properties).toMatchObject({ SqsManagedSseEnabled: true });
  });
});

describe('a stack that must not be deployed', () => {
  it('carries a rule that CloudFormation refuses, with the reason', () => {
    const scope = stack();
    refuseDeployment(scope, 'still the placeholder');
    expect(templateOf(scope).Rules?.NotDeployable).toEqual({
      Assertions: [{ Assert: { 'Fn::Equals': ['synthesized', 'deployable'] }, AssertDescription: 'still the placeholder' }],
    });
  });
});
