import { Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { sealParameters } from '../../functions/contract/encryption.ts';
import { SOURCE_KINDS, type SourceKind } from '../../functions/contract/sources.ts';
import type { SuiteConfig } from '../config/suite-config.ts';
import type { Agent } from '../platform/agent.ts';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { inAnyCase } from '../platform/in-any-case.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';

export interface BackupProps extends LockAgents {
  readonly suite: SuiteConfig;
  readonly plan: Agent;
  readonly seal: Agent;
  readonly hostCommand: HostCommand;
  readonly inspectHost: HostDocumentHandle;
  readonly removeScratch: HostDocumentHandle;
  readonly capture: Record<SourceKind, HostDocumentHandle>;
  readonly prove: Workflow;
  readonly retain: Workflow;
}

const RUN = '$states.context.Execution.Name';
/** The host's agent runs five commands at once, and captures share one disk. */
const AT_ONCE = 2;

/** The scheduler calls the time it means `scheduledTime`, everybody else `scheduledFor`. */
const REQUEST = {
  tier: expression('$request.tier'),
  trigger: expression('$request.trigger'),
  label: expression('$exists($request.label) ? $request.label : null'),
  scheduledFor: expression(
    '$exists($request.scheduledTime) ? $request.scheduledTime : $exists($request.scheduledFor) ? $request.scheduledFor : null',
  ),
};

/** What each kind of source is called in the console. */
const CAPTURE: Record<SourceKind, string> = {
  database: 'Capture the database',
  globals: 'Capture the roles',
  volume: 'Capture the volume',
  path: 'Capture the path',
  files: 'Capture the files',
};

/** Takes every source into the vault, seals the recovery point, and proves it. */
export class Backup extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: BackupProps) {
    super(scope, id);
    const suite = props.suite.name;
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'backup',
      comment: 'Captures every source, seals the recovery point and proves it',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: underTheLock(this, props, { suite, workflow: 'backup', id: null, body: this.states(props) }),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'backup'),
    });
  }

  private states(props: BackupProps): sfn.IChainable {
    const { suite } = props;
    const plan = props.plan.step(
      this,
      'Plan the recovery point',
      {
        suite: suite.name,
        executionArn: expression('$states.context.Execution.Id'),
        request: REQUEST,
        sources: suite.sources,
      },
      { assign: { plan: expression('$states.result.Payload'), sealing: sealParameters(suite.encryption) } },
    );
    const sweep = this.onHost(
      props,
      'Remove what earlier runs left',
      props.removeScratch,
      { suite: suite.name, account: Stack.of(this).account },
      'sweep',
    );
    const inspection = {
      plainSql: String(suite.sources.some((source) => source.kind === 'database' && source.plainSql)),
      ...sealParameters(suite.encryption),
    };
    const inspect = this.onHost(props, 'Inspect the host', props.inspectHost, inspection, 'inspect', {
      host: expression('$states.result.Output.result'),
    });
    const seal = props.seal.step(this, 'Seal the recovery point', {
      suite: suite.name,
      id: expression('$plan.id'),
      startedAt: expression('$plan.startedAt'),
      previousId: expression('$plan.previousId'),
      request: REQUEST,
      sources: suite.sources,
      captures: expression('$states.input'),
      host: expression('$host'),
      instanceId: suite.host.instanceId,
      secretsKeptIn: suite.secretsKeptIn,
      shrink: suite.verification.shrink,
      encryption: { mode: suite.encryption.mode, recipients: suite.encryption.recipients },
      warnings: expression('$plan.warnings'),
    });
    const prove = props.prove.startedBy(this, 'Prove the recovery point', {
      name: expression(`$plan.id & '-prove'`),
      input: {
        id: expression('$plan.id'),
        run: expression(RUN),
        acceptAnomaly: null,
        ...(suite.vault.replica && { from: 'vault' }),
      },
      outputs: { outcome: 'Proven', id: expression('$plan.id') },
    });
    const release = releaseTheLock(this, props.releaseLock, suite.name);
    const retain = (stateName: string, outputs: string) =>
      props.retain.startedBy(this, stateName, {
        name: expression("$plan.id & '-retain'"),
        input: { about: expression('$plan.id') },
        outputs,
      });
    const names = {
      done: 'Settle how long every point stays',
      failed: 'Settle how long the others stay',
      end: 'End as not proven',
    };
    const proven = inAnyCase(this, prove, retain, names, release);
    const planned = sweep.next(inspect).next(this.captures(props)).next(seal).next(proven);
    const isItDone = sfn.Choice.jsonata(this, 'Is this scheduled time done already?')
      .when(sfn.Condition.jsonata(expression("$states.input.outcome = 'AlreadyDone'")), release)
      .otherwise(planned);
    return plan.next(isItDone);
  }

  /** Iterations catch what fails and hand it on, so that one bad source does not abort its siblings; seal judges them all. */
  private captures(props: BackupProps): sfn.Map {
    const map = sfn.Map.jsonata(this, 'Capture every source', {
      items: sfn.ProvideItems.jsonata(expression('$plan.sources')),
      maxConcurrency: AT_ONCE,
    });
    const note = sfn.Pass.jsonata(this, 'Note which source failed', {
      outputs: { label: expression('$label'), ok: false, result: null, error: expression('$captureFailure') },
    });
    const whichKind = sfn.Choice.jsonata(this, 'What kind of source is it?');
    for (const kind of SOURCE_KINDS) {
      const capture = props.hostCommand.step(this, CAPTURE[kind], {
        document: props.capture[kind],
        parameters: expression('$merge([$states.input.parameters, $sealing])'),
        name: expression(`$plan.id & '-' & $states.input.label`),
        comment: expression(`${RUN} & ' ' & $states.input.label`),
        outputs: { label: expression('$label'), ok: true, result: expression('$states.result.Output.result'), error: null },
      });
      capture.addCatch(note, { errors: ['States.ALL'], assign: { captureFailure: FAILURE } });
      whichKind.when(sfn.Condition.jsonata(expression(`$states.input.kind = '${kind}'`)), capture);
    }
    const unknown = sfn.Fail.jsonata(this, 'No document captures this kind', {
      error: 'ParameterInvalid',
      cause: 'The plan names an unknown kind.',
    });
    const begin = sfn.Pass.jsonata(this, 'Remember the source', { assign: { label: expression('$states.input.label') } });
    map.itemProcessor(begin.next(whichKind.otherwise(unknown)));
    return map;
  }

  private onHost(
    props: BackupProps,
    stateName: string,
    document: HostDocumentHandle,
    parameters: Record<string, string>,
    name: string,
    assign?: Record<string, unknown>,
  ): tasks.StepFunctionsStartExecution {
    return props.hostCommand.step(this, stateName, {
      document,
      parameters,
      name: expression(`$plan.id & '-${name}'`),
      comment: expression(`${RUN} & ' ${name}'`),
      ...(assign ? { assign } : {}),
    });
  }
}
