import { Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { sealParameters } from '../../functions/contract/encryption.ts';
import { KEY_ERRORS } from '../../functions/contract/errors.ts';
import type { SuiteConfig } from '../config/suite-config.ts';
import type { Agent } from '../platform/agent.ts';
import type { HostCommand } from '../platform/host-command.ts';
import { expression } from '../platform/jsonata.ts';
import { Workflow } from '../platform/workflow.ts';
import type { ProofDocuments } from './proof-documents.ts';
import { RestoreServers } from './restore-servers.ts';

export interface ProofAgents {
  readonly planProof: Agent;
  readonly checkObjects: Agent;
  readonly readBack: Agent;
  readonly compareFiles: Agent;
  readonly presign: Agent;
  readonly recordCheck: Agent;
  readonly compareRoles: Agent;
  readonly compareSchema: Agent;
  readonly tryKeys: Agent;
  /** Null: no agent reaches the host. */
  readonly readRows: Agent | null;
  readonly compareRows: Agent;
  readonly crossCheck: Agent;
  readonly removeAccess: Agent;
  readonly writeProof: Agent;
}

export interface ProveProps {
  readonly suite: SuiteConfig;
  readonly hostCommand: HostCommand;
  readonly agents: ProofAgents;
  readonly documents: ProofDocuments;
}

/** Functions read stored bytes back at once; more would only share the same two cores of a small host. */
const AT_ONCE = 2;

/** Where the bytes of the point are read, once there is a choice: `$from`. */
export const fromWhere = ({ vault }: SuiteConfig) => (vault.replica ? { from: expression('$from') } : {});
/** Which proof of which point a state works for. */
export const placeOf = (suite: SuiteConfig) => ({
  id: expression('$id'),
  proofId: expression('$plan.proofId'),
  ...fromWhere(suite),
});

/**
 * Proves one recovery point from the vault's bytes alone: objects, bytes, files; and on the host databases, in a scratch server. No step's failure
 * ends it: what was not found is a failed check, and the proof says so. Runs under its caller's lock.
 */
export class Prove extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: ProveProps) {
    super(scope, id);
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite.name,
      name: 'prove',
      comment: 'Proves a recovery point by reading it back and restoring it into a scratch server',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: this.states(props),
    });
  }

  private states(props: ProveProps): sfn.IChainable {
    const { suite, agents } = props;
    const { checks, crossChecks, port } = suite.verification;
    const plan = agents.planProof.step(
      this,
      'Plan the proof',
      {
        suite: suite.name,
        account: Stack.of(this).account,
        id: expression('$states.input.id'),
        checks,
        crossChecks,
        address: suite.host.network ? suite.host.address : null,
        port,
        ...(suite.vault.replica && { from: expression('$states.input.from') }),
      },
      {
        assign: {
          plan: expression('$states.result.Payload'),
          id: expression('$states.input.id'),
          run: expression('$states.input.run'),
          acceptAnomaly: expression('$states.input.acceptAnomaly'),
          sealing: sealParameters(suite.encryption),
          ...(suite.vault.replica && { from: expression('$states.input.from') }),
        },
      },
    );
    const both = sfn.Parallel.jsonata(this, 'Look at what is stored, and restore it', { outputs: {} });
    both.branch(this.objects(props).next(this.trees(props)));
    both.branch(new RestoreServers(this, 'Restore', props).states);
    const write = agents.writeProof.step(this, 'Write the proof', {
      suite: suite.name,
      ...placeOf(suite),
      startedAt: expression('$plan.startedAt'),
      checks,
      crossChecks,
      acceptAnomaly: expression('$acceptAnomaly'),
    });
    const proven = sfn.Succeed.jsonata(this, 'Proven', {
      outputs: { outcome: 'Proven', id: expression('$id'), proofId: expression('$plan.proofId') },
    });
    const notProven = sfn.Fail.jsonata(this, 'Not proven', {
      // What only lacks its key is not damaged: that is an alert of its own.
      error: expression(
        `$states.input.reason.name in ${JSON.stringify(KEY_ERRORS)} ? $states.input.reason.name : 'VerificationFailed'`,
      ),
      // JSON, as a failed capture's: whoever started it finds the proof by its id, and what failed is listed one by one.
      cause: expression(
        "$string({ 'id': $id, 'proofId': $plan.proofId, 'sources': $append([], $states.input.problems), 'message': $states.input.reason.name & ': ' & " +
          "$states.input.reason.message & ' (' & $string($states.input.failed) & ' of ' & $string($states.input.checks) & ' checks failed)' })",
      ),
    });
    const isItProven = sfn.Choice.jsonata(this, 'Did every check pass?')
      .when(sfn.Condition.jsonata(expression('$states.input.ok')), proven)
      .otherwise(notProven);
    return plan.next(both).next(write).next(isItProven);
  }

  private objects({ suite, agents }: ProveProps): sfn.Map {
    const look = agents.checkObjects.step(this, 'Look at its objects', {
      suite: suite.name,
      ...placeOf(suite),
      label: expression('$label'),
    });
    const begin = sfn.Pass.jsonata(this, 'Remember whose objects they are', {
      assign: {
        label: expression('$states.input.label'),
        parts: expression('$states.input.parts'),
        sealed: expression('$states.input.sealed'),
      },
    });
    const read = agents.readBack.step(this, 'Read its bytes back', {
      suite: suite.name,
      ...placeOf(suite),
      label: expression('$label'),
      part: expression('$states.input'),
    });
    const readNothing = sfn.Pass.jsonata(this, 'Reading back gave nothing');
    read.addCatch(readNothing, { errors: ['States.ALL'] });
    const parts = sfn.Map.jsonata(this, 'Read back every part', {
      items: sfn.ProvideItems.jsonata(expression('$parts')),
      maxConcurrency: AT_ONCE,
      outputs: {},
    });
    parts.itemProcessor(read);
    const tryKeys = agents.tryKeys.step(this, 'Try the keys on its objects', {
      suite: suite.name,
      ...placeOf(suite),
      label: expression('$label'),
    });
    const triedNothing = sfn.Pass.jsonata(this, 'Its keys are looked at');
    tryKeys.addCatch(triedNothing, { errors: ['States.ALL'] });
    const isSealed = sfn.Choice.jsonata(this, 'Is anything of it encrypted?')
      .when(sfn.Condition.jsonata(expression('$sealed')), tryKeys.next(triedNothing))
      .otherwise(triedNothing);
    parts.next(isSealed);
    look.addCatch(parts, { errors: ['States.ALL'] });
    const map = sfn.Map.jsonata(this, 'Check every stored object', {
      items: sfn.ProvideItems.jsonata(expression('$plan.sources')),
      maxConcurrency: AT_ONCE,
      outputs: {},
    });
    map.itemProcessor(begin.next(look).next(parts));
    return map;
  }

  private trees({ suite, agents }: ProveProps): sfn.Map {
    const compare = agents.compareFiles.step(this, 'Unpack the files and compare them', {
      suite: suite.name,
      ...placeOf(suite),
      label: expression('$states.input'),
    });
    const nothing = sfn.Pass.jsonata(this, 'Unpacking gave nothing');
    compare.addCatch(nothing, { errors: ['States.ALL'] });
    const map = sfn.Map.jsonata(this, 'Compare every tree of files', {
      items: sfn.ProvideItems.jsonata(expression('$plan.trees')),
      maxConcurrency: AT_ONCE,
      outputs: {},
    });
    map.itemProcessor(compare);
    return map;
  }
}
