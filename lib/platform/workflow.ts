import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { machineName } from '../../functions/contract/names.ts';
import { executionName, expression, FAILURE } from './jsonata.ts';

export interface WorkflowProps {
  readonly suite: string;
  /** Short name: the machine and its role are called `<suite>-backup-<name>`. */
  readonly name: string;
  readonly comment: string;
  readonly body: sfn.IChainable;
  readonly timeoutSeconds: number;
  /**
   * Runs when anything in the body fails, whatever it is; then, whatever becomes of it, the machine fails with the same name. It finds `$failure`
   * (`{ name, message }`) as a variable and as its input. Variables of the body are not visible to it.
   */
  readonly alwaysOnFailure?: sfn.TaskStateBase | sfn.Pass;
}

export interface StartedByOptions {
  /** Stem of the execution's name: text or a JSONata expression; retry count and a random part are added. */
  readonly name: string;
  /** Object (its values may be JSONata). */
  readonly input: Record<string, unknown>;
  readonly assign?: Record<string, unknown>;
  /** Default: the child's output. */
  readonly outputs?: unknown;
  readonly timeoutSeconds?: number;
}

/** A state machine with everything each of ours must have: JSONata, a timeout, tracing, a log without execution data, fixed names. */
export class Workflow extends Construct {
  readonly machine: sfn.StateMachine;
  readonly name: string;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    this.name = machineName(props.suite, props.name);
    this.machine = new sfn.StateMachine(this, 'Machine', {
      stateMachineName: this.name,
      comment: props.comment,
      queryLanguage: sfn.QueryLanguage.JSONATA,
      definitionBody: sfn.DefinitionBody.fromChainable(props.alwaysOnFailure ? guarded(this, props) : props.body),
      timeout: Duration.seconds(props.timeoutSeconds),
      role: new iam.Role(this, 'Role', { roleName: this.name, assumedBy: new iam.ServicePrincipal('states.amazonaws.com') }),
      tracingEnabled: true,
      logs: {
        level: sfn.LogLevel.ALL,
        // Parameters of a step can hold a presigned URL, which is a secret for its 15 minutes.
        includeExecutionData: false,
        destination: new logs.LogGroup(this, 'Log', {
          logGroupName: `/aws/vendedlogs/states/${this.name}`,
          retention: logs.RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
  }

  /** A state of another machine that runs this one to its end (`startExecution.sync:2`) and fails when it fails. */
  startedBy(scope: Construct, stateName: string, options: StartedByOptions): tasks.StepFunctionsStartExecution {
    return tasks.StepFunctionsStartExecution.jsonata(scope, stateName, {
      stateMachine: this.machine,
      integrationPattern: sfn.IntegrationPattern.RUN_JOB,
      associateWithParent: true,
      name: executionName(options.name),
      input: sfn.TaskInput.fromObject(options.input),
      assign: options.assign,
      outputs: options.outputs ?? expression('$states.result.Output'),
      taskTimeout: options.timeoutSeconds ? sfn.Timeout.duration(Duration.seconds(options.timeoutSeconds)) : undefined,
    });
  }
}

/** Pass, Choice and Wait have no Catch of their own: one Parallel around everything has. */
function guarded(scope: Construct, props: WorkflowProps): sfn.IChainable {
  const failed = sfn.Fail.jsonata(scope, 'End as failed', {
    error: expression('$failure.name'),
    cause: expression('$failure.message'),
  });
  const work = sfn.Parallel.jsonata(scope, 'Do the work and watch it', { outputs: expression('$states.result[0]') });
  work.branch(props.body);
  const onFailure = props.alwaysOnFailure!;
  if (onFailure instanceof sfn.TaskStateBase) onFailure.addCatch(failed, { errors: ['States.ALL'] });
  work.addCatch(onFailure.next(failed), { outputs: FAILURE, assign: { failure: FAILURE } });
  return work;
}
