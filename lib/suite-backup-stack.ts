import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { OUTPUTS, workflowStackName } from '../functions/contract/names.ts';
import type { ReplicaFacts } from '../functions/contract/replica.ts';
import { agentsOf } from './agents.ts';
import { Alerts } from './alerts/alerts.ts';
import { VaultWatch } from './alerts/vault-watch.ts';
import { Backup } from './backup/backup-workflow.ts';
import { captureDocuments } from './backup/capture-documents.ts';
import { retentionPolicy } from './config/retention-policy.ts';
import type { Secret, SuiteConfig } from './config/suite-config.ts';
import { hostPolicy } from './host-policy.ts';
import { keyNamesInCalls, secretId } from './key-rights.ts';
import { operatorRole } from './operator-role.ts';
import { CleanUp } from './platform/clean-up-workflow.ts';
import { HostCommand } from './platform/host-command.ts';
import { parameters, SEAL_PARAMETERS } from './platform/parameters.ts';
import { Schedules } from './platform/schedule.ts';
import { Assess } from './restore/assess-workflow.ts';
import { ForgetRestore } from './restore/forget-restore-workflow.ts';
import { MakeContainers } from './restore/make-containers-workflow.ts';
import { PlanRestore } from './restore/plan-restore-workflow.ts';
import { PutBack } from './restore/put-back-workflow.ts';
import { restoreDocuments } from './restore/restore-documents.ts';
import { Restore } from './restore/restore-workflow.ts';
import { UndoRestore } from './restore/undo-restore-workflow.ts';
import { ChangeRetention } from './retain/change-retention-workflow.ts';
import { Retain } from './retain/retain-workflow.ts';
import type { VaultStack } from './vault-stack.ts';
import { proofDocuments } from './verify/proof-documents.ts';
import { Prove } from './verify/prove-workflow.ts';
import { Verify } from './verify/verify-workflow.ts';

/** The workflows of one suite, in the order of their story. Deleting this stack never touches a recovery point. */
export class SuiteBackupStack extends Stack {
  constructor(scope: Construct, id: string, { suite, vault }: { suite: SuiteConfig; vault: VaultStack }) {
    super(scope, id, { description: `Backup workflows of ${suite.name}`, suppressTemplateIndentation: true });
    const { name, host, timeouts } = suite;
    const {
      runs,
      backup: backupAgents,
      proof: proofAgents,
      retain: retainAgents,
      restore: restoreAgents,
      tellTouch,
    } = agentsOf(this, suite, vault);
    const policy = retentionPolicy(suite);
    const idOf = (secret: Secret | null) => (secret === null ? null : secretId(secret));

    const hostCommand = new HostCommand(this, 'HostCommand', { suite: name, instanceId: host.instanceId });
    hostPolicy(this, 'HostPolicy', {
      suite: name,
      roleName: host.roleName,
      bucket: vault.bucket,
      key: vault.key,
      logGroup: hostCommand.logGroup,
    });
    const documentStack = (of: 'backup' | 'restore') =>
      new Stack(scope, suite.stackNames[`${of}Documents`], {
        description: `What the host of ${name} does for a ${of}`,
        suppressTemplateIndentation: true,
      });
    const backupDocuments = documentStack('backup');
    const inspectHost = hostCommand.document(backupDocuments, 'inspect-host', {
      script: 'functions/backup/inspect-host.sh',
      parameters: parameters(['plainSql', ...SEAL_PARAMETERS]),
      timeoutSeconds: timeouts.inspect,
    });
    const capture = captureDocuments(backupDocuments, hostCommand, timeouts.capture);
    const documents = proofDocuments(backupDocuments, hostCommand, timeouts.prove);

    const restoreParts = {
      suite,
      hostCommand,
      agents: restoreAgents,
      documents: restoreDocuments(documentStack('restore'), hostCommand, timeouts),
      keyDocuments: { makeKey: documents.makeKey, removeKey: documents.removeKey },
    };

    const putBack = new PutBack(this, 'PutBack', restoreParts);
    const alerts = new Alerts(this, 'Alerts', { suite: name, emails: suite.alerts.emails });
    new VaultWatch(this, 'VaultWatch', {
      suite: name,
      vault,
      secretIds: keyNamesInCalls(this, suite.encryption),
      hostRole: host.roleName,
      tell: alerts.publisher(tellTouch),
    });
    const cleanUp = new CleanUp(this, 'CleanUp', {
      suite: name,
      instanceId: host.instanceId,
      ...runs,
      hostCommand,
      removeScratch: documents.removeScratch,
      putBack: putBack.workflow,
      markLeftovers: (states, stateName, id) => retainAgents.markLeftovers.step(states, stateName, { suite: name, id }),
      tell: (states, what) => alerts.tellTheOperators(states, what),
    });
    alerts.allowPublishing(cleanUp.workflow.machine.role);
    const lock = { takeLock: runs.takeLock, releaseLock: runs.releaseLock, cleanUp: cleanUp.workflow };

    const prove = new Prove(this, 'Prove', { suite, hostCommand, agents: proofAgents, documents });
    const retain = new Retain(this, 'Retain', {
      suite: name,
      policy,
      agents: retainAgents,
      timeoutSeconds: timeouts.workflow,
      tell: (states, what) => alerts.tellTheOperators(states, what),
    });
    alerts.allowPublishing(retain.workflow.machine.role);
    const { removeScratch } = documents;
    const backup = new Backup(this, 'Backup', {
      suite,
      ...lock,
      ...backupAgents,
      hostCommand,
      inspectHost,
      removeScratch,
      capture,
      prove: prove.workflow,
      retain: retain.workflow,
    });
    const verify = new Verify(this, 'Verify', { suite, ...lock, prove: prove.workflow, retain: retain.workflow });
    const changeRetention = new ChangeRetention(this, 'ChangeRetention', {
      suite: name,
      policy,
      ...lock,
      ...retainAgents,
      retain: retain.workflow,
      timeoutSeconds: timeouts.workflow,
    });
    const assess = new Assess(this, 'Assess', restoreParts);
    const planRestore = new PlanRestore(this, 'PlanRestore', { ...restoreParts, assess: assess.workflow });
    const restore = new Restore(this, 'Restore', {
      ...restoreParts,
      ...lock,
      backup: backup.workflow,
      tell: (states, { id, message }) => alerts.announceRestore(states, id, message),
    });
    const makeContainers = new MakeContainers(this, 'MakeContainers', { ...restoreParts, ...lock });
    const undoRestore = new UndoRestore(this, 'UndoRestore', { ...restoreParts, ...lock, putBack: putBack.workflow });
    const forgetRestore = new ForgetRestore(this, 'ForgetRestore', { ...restoreParts, ...lock });
    cleanUp.watch(backup.workflow, 'backup');
    cleanUp.watch(verify.workflow, 'verify');
    cleanUp.watch(restore.workflow, 'restore');
    cleanUp.watch(makeContainers.workflow, 'make-containers');
    cleanUp.watch(undoRestore.workflow, 'undo-restore');
    cleanUp.watch(forgetRestore.workflow, 'forget-restore');
    cleanUp.watch(changeRetention.workflow, 'change-retention');

    const schedules = new Schedules(this, 'Schedules', { name: workflowStackName(name), timeZone: suite.timeZone });
    for (const { name: entry, expression, tier } of suite.schedules) {
      const input = { trigger: 'schedule', tier, label: null };
      schedules.start(backup.workflow, { name: entry, expression, description: `${entry} backup of ${name}`, input });
    }

    const operator = operatorRole(this, {
      suite: name,
      vault,
      workflows: [backup, verify, changeRetention, planRestore, restore, makeContainers, undoRestore, forgetRestore, assess].map(
        ({ workflow }) => workflow,
      ),
      hostLog: hostCommand.logGroup,
      scheduleGroup: workflowStackName(name),
      encryption: suite.encryption,
    });

    const facts: ReplicaFacts | null = vault.replica && { bucket: vault.replica.bucketName, region: vault.replica.region };
    const outputs: Record<keyof typeof OUTPUTS, string | null> = {
      suite: name,
      bucket: vault.bucket.bucketName,
      backupMachine: backup.workflow.machine.stateMachineArn,
      verifyMachine: verify.workflow.machine.stateMachineArn,
      planRestoreMachine: planRestore.workflow.machine.stateMachineArn,
      restoreMachine: restore.workflow.machine.stateMachineArn,
      undoRestoreMachine: undoRestore.workflow.machine.stateMachineArn,
      forgetRestoreMachine: forgetRestore.workflow.machine.stateMachineArn,
      makeContainersMachine: makeContainers.workflow.machine.stateMachineArn,
      changeRetentionMachine: changeRetention.workflow.machine.stateMachineArn,
      assessMachine: assess.workflow.machine.stateMachineArn,
      hostCommandMachine: hostCommand.workflow.machine.stateMachineArn,
      hostLogGroup: hostCommand.logGroup.logGroupName,
      instanceId: host.instanceId,
      hostRole: host.roleName,
      scheduleGroup: workflowStackName(name),
      retention: JSON.stringify(policy),
      operatorRole: operator.roleArn,
      replica: facts && JSON.stringify(facts),
      signingKey: vault.signingKey.keyArn,
      secretsKeptIn: JSON.stringify(suite.secretsKeptIn),
      keySecrets: JSON.stringify({
        privateKey: idOf(suite.encryption.privateKey),
        passphrase: idOf(suite.encryption.passphrase),
      }),
    };
    for (const [key, value] of Object.entries(outputs))
      if (value !== null) new CfnOutput(this, OUTPUTS[key as keyof typeof OUTPUTS], { value });
  }
}
