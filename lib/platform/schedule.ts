import { Duration, TimeZone } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Workflow } from './workflow.ts';

export interface SchedulesProps {
  /** Name of the group and stem of the schedules' names. */
  readonly name: string;
  readonly timeZone: string;
}

export interface ScheduleEntry {
  readonly name: string;
  readonly expression: string;
  readonly description: string;
  /** Input of the execution; `scheduledTime` is added: the time it was planned for, `2026-11-23T02:00:00Z`. */
  readonly input: Record<string, unknown>;
}

/** EventBridge Scheduler replaces this word in the input by the planned time, the same for every attempt. */
const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/** A group of schedules in one time zone with one queue for starts that never came about. */
export class Schedules extends Construct {
  readonly group: scheduler.CfnScheduleGroup;
  readonly deadLetters: sqs.Queue;
  private readonly props: SchedulesProps;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.props = props;
    this.group = new scheduler.CfnScheduleGroup(this, 'Group', { name: props.name });
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
  }

  /** Starts `workflow` at the times of the expression. A start that is more than an hour late is given up: the next one is near. */
  start(workflow: Workflow, entry: ScheduleEntry): scheduler.CfnSchedule {
    const role = new iam.Role(this, `${entry.name}Role`, { assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com') });
    workflow.machine.grantStartExecution(role);
    // `grantSendMessages` would also let it look at the queue.
    role.addToPolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }));
    const schedule = new scheduler.CfnSchedule(this, entry.name, {
      name: `${this.props.name}-${entry.name}`,
      groupName: this.group.name,
      description: entry.description,
      scheduleExpression: entry.expression,
      scheduleExpressionTimezone: TimeZone.of(this.props.timeZone).timezoneName,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: workflow.machine.stateMachineArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ ...entry.input, scheduledTime: SCHEDULED_TIME }),
        deadLetterConfig: { arn: this.deadLetters.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: Duration.hours(1).toSeconds(), maximumRetryAttempts: 10 },
      },
    });
    schedule.node.addDependency(this.group, role);
    return schedule;
  }
}
