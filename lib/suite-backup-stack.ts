import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { OUTPUTS, workflowStackName } from '../functions/contract/names.ts';
import { agentsOf } from './agents.ts';
import { Alerts } from './alerts/alerts.ts';
import { Backup } from './backup/backup-workflow.ts';
import { captureDocuments } from './backup/capture-documents.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { hostPolicy } from './host-policy.ts';
import { CleanUp } from './platform/clean-up-workflow.ts';
import { HostCommand } from './platform/host-command.ts';
import { Schedules } from './platform/schedule.ts';
import type { VaultStack } from './vault-stack.ts';
import { proofDocuments } from './verify/proof-documents.ts';
import { Prove } from './verify/prove-workflow.ts';
import { Verify } from './verify/verify-workflow.ts';

/** The workflows of one suite, in the order of their story. Deleting this stack never touches a recovery point. */
export class SuiteBackupStack extends Stack {
  constructor(scope: Construct, id: string, { suite, vault }: { suite: SuiteConfig; vault: VaultStack }) {
    super(scope, id, { description: `Backup workflows of ${suite.name}` });
    const { name, host, timeouts } = suite;
    const { runs, backup: backupAgents, proof: proofAgents } = agentsOf(this, suite, vault);

    const hostCommand = new HostCommand(this, 'HostCommand', { suite: name, instanceId: host.instanceId });
    hostPolicy(this, 'HostPolicy', {
      suite: name,
      roleName: host.roleName,
      bucket: vault.bucket,
      key: vault.key,
      logGroup: hostCommand.logGroup,
    });
    const inspectHost = hostCommand.document('inspect-host', {
      script: 'functions/backup/inspect-host.sh',
      parameters: {},
      timeoutSeconds: timeouts.inspect,
    });
    const capture = captureDocuments(hostCommand, timeouts.capture);
    const documents = proofDocuments(hostCommand, timeouts.prove);

    const alerts = new Alerts(this, 'Alerts', { suite: name, emails: suite.alerts.emails });
    const cleanUp = new CleanUp(this, 'CleanUp', {
      suite: name,
      instanceId: host.instanceId,
      ...runs,
      hostCommand,
      removeScratch: documents.removeScratch,
      tell: (states, what) => alerts.tellTheOperators(states, what),
    });
    alerts.allowPublishing(cleanUp.workflow.machine.role);
    const lock = { takeLock: runs.takeLock, releaseLock: runs.releaseLock, cleanUp: cleanUp.workflow };

    const prove = new Prove(this, 'Prove', { suite, hostCommand, agents: proofAgents, documents });
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
    });
    const verify = new Verify(this, 'Verify', { suite, ...lock, prove: prove.workflow });
    cleanUp.watch(backup.workflow, 'backup');
    cleanUp.watch(verify.workflow, 'verify');

    const schedules = new Schedules(this, 'Schedules', { name: workflowStackName(name), timeZone: suite.timeZone });
    for (const { name: entry, expression, tier } of suite.schedules) {
      const input = { trigger: 'schedule', tier, label: null };
      schedules.start(backup.workflow, { name: entry, expression, description: `${entry} backup of ${name}`, input });
    }

    const outputs: Record<keyof typeof OUTPUTS, string> = {
      suite: name,
      bucket: vault.bucket.bucketName,
      backupMachine: backup.workflow.machine.stateMachineArn,
      verifyMachine: verify.workflow.machine.stateMachineArn,
      hostCommandMachine: hostCommand.workflow.machine.stateMachineArn,
      hostLogGroup: hostCommand.logGroup.logGroupName,
      instanceId: host.instanceId,
      hostRole: host.roleName,
      scheduleGroup: workflowStackName(name),
      secretsKeptIn: JSON.stringify(suite.secretsKeptIn),
    };
    for (const [key, value] of Object.entries(outputs)) new CfnOutput(this, OUTPUTS[key as keyof typeof OUTPUTS], { value });
  }
}
