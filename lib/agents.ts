import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { machineName, SCRATCH_PORTS } from '../functions/contract/names.ts';
import { TIERS } from '../functions/contract/tiers.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { giveKeyRights } from './key-rights.ts';
import { Agent, type AgentProps } from './platform/agent.ts';
import type { RestoreAgents } from './restore/host-steps.ts';
import { giveVaultRights, type VaultRights } from './vault-rights.ts';
import type { VaultStack } from './vault-stack.ts';
import type { ProofAgents } from './verify/prove-workflow.ts';

const MANIFESTS = ['recovery-points/*'];
const ARTIFACTS = ['artifacts/*'];
/** A sealed point: its manifest, and the versions of objects that it names. */
const POINT: VaultRights = { read: MANIFESTS, readVersions: ARTIFACTS, replica: { read: MANIFESTS, readVersions: ARTIFACTS } };
/** The same, and what the host has stored meanwhile to be compared with it. */
const POINT_AND_NEW: VaultRights = { ...POINT, read: [...MANIFESTS, ...ARTIFACTS] };
const OF_REPLICA: VaultRights = { replica: { read: MANIFESTS } };
const FINDINGS: VaultRights = { put: ['findings/*'] };

type More = Partial<Pick<AgentProps, 'timeoutSeconds' | 'memoryMiB' | 'network'>>;

/** Every agent of the suite with all it may do in the vault: one place to read who may do what. */
export function agentsOf(scope: Construct, suite: SuiteConfig, vault: VaultStack) {
  const make = (entry: string, rights: VaultRights, more: More = {}): Agent => {
    const name = entry.slice(entry.indexOf('/') + 1);
    const id = name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());
    const agent = new Agent(scope, id, {
      suite: suite.name,
      name,
      entry: `functions/${entry}.ts`,
      environment: { BUCKET: vault.bucket.bucketName },
      ...more,
    });
    return giveVaultRights(agent, vault, suite.name, rights);
  };
  /** One that reads what was stored encrypted. As few as can be: all others get what these have found. */
  const opens = (agent: Agent) => giveKeyRights(agent, suite.encryption);
  const stack = Stack.of(scope);
  const executionsOf = (workflows: readonly string[]) =>
    workflows.map((workflow) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        resourceName: `${machineName(suite.name, workflow)}:*`,
      }),
    );
  const holders = executionsOf([
    'backup',
    'verify',
    'restore',
    'undo-restore',
    'forget-restore',
    'make-containers',
    'change-retention',
  ]);
  const lock = ['lock.json'];
  // Streams through one core: 1,769 MiB is one virtual CPU, more is not used (measured).
  const streams: More = { timeoutSeconds: 900, memoryMiB: 1769 };
  const runs = {
    takeLock: make('runs/take-lock', { read: lock, put: lock }).allow(['states:DescribeExecution'], holders),
    releaseLock: make('runs/release-lock', { read: lock, remove: lock }),
    findRun: make('runs/find-run', { read: [...lock, 'failures/*', 'restores/*'], put: lock }).allow(
      ['states:DescribeExecution'],
      executionsOf(['clean-up', 'backup', 'restore']),
    ),
    recordFailure: make('runs/record-failure', { read: [...lock, 'failures/*'], put: ['failures/*'] }),
  };
  const backup = {
    plan: make('backup/plan', { read: [...lock, ...MANIFESTS], list: ['failures/*'], put: lock, evidence: 'check' }),
    seal: make('backup/seal', {
      read: [...MANIFESTS, ...ARTIFACTS, 'proofs/*'],
      // Whom an object is encrypted to stands in its first bytes.
      readVersions: suite.encryption.mode === 'none' ? [] : ARTIFACTS,
      history: ARTIFACTS,
      put: MANIFESTS,
      tag: { keys: [...MANIFESTS, ...ARTIFACTS], words: [...TIERS, 'failed'] },
      lock: [...MANIFESTS, ...ARTIFACTS],
      evidence: 'sign-and-check',
    }),
  };
  const proof: ProofAgents = {
    planProof: make('verify/plan-proof', { ...POINT, ...FINDINGS, list: ['proofs/*'], evidence: 'check' }),
    checkObjects: make('verify/check-objects', {
      ...POINT_AND_NEW,
      ...FINDINGS,
      replica: { read: [...MANIFESTS, ...ARTIFACTS], readVersions: ARTIFACTS },
    }),
    readBack: make('verify/read-back', { ...POINT, ...FINDINGS }, streams),
    tryKeys: opens(make('verify/try-keys', { ...POINT, ...FINDINGS })),
    compareFiles: opens(make('verify/compare-files', { ...POINT, ...FINDINGS }, streams)),
    presign: opens(make('verify/presign', POINT)),
    recordCheck: make('verify/record-check', FINDINGS),
    compareRoles: opens(make('verify/compare-roles', { ...POINT_AND_NEW, ...FINDINGS })),
    compareSchema: opens(
      make(
        'verify/compare-schema',
        { read: [...MANIFESTS, ...ARTIFACTS], ...FINDINGS, ...OF_REPLICA },
        { timeoutSeconds: 300, memoryMiB: 1024 },
      ),
    ),
    // Alone in the host's network, where no way leads to a secret.
    readRows: suite.host.network
      ? make(
          'verify/read-rows',
          { read: ['artifacts/work/*'], ...FINDINGS },
          { timeoutSeconds: 900, memoryMiB: 512, network: suite.host.network },
        ).mayReach(suite.verification.port, SCRATCH_PORTS)
      : null,
    compareRows: opens(
      make(
        'verify/compare-rows',
        { ...POINT_AND_NEW, read: [...MANIFESTS, ...ARTIFACTS, 'findings/*'], ...FINDINGS },
        { timeoutSeconds: 300, memoryMiB: 512 },
      ),
    ),
    crossCheck: opens(make('verify/cross-check', { ...POINT_AND_NEW, ...FINDINGS }, streams)),
    removeAccess: make('verify/remove-access', { remove: ['artifacts/work/*'] }),
    writeProof: make('verify/write-proof', {
      read: [...MANIFESTS, 'findings/*'],
      put: ['proofs/*', ...(vault.replica ? ['replica/proofs/*'] : [])],
      evidence: 'sign',
      ...OF_REPLICA,
    }),
  };
  const RESTORES = ['restores/*'];
  const restore: RestoreAgents = {
    chooseItems: make('restore/choose-items', {
      read: MANIFESTS,
      list: ['proofs/*', 'retention/*'],
      replica: { read: MANIFESTS, list: ['proofs/*'] },
    }),
    finishPlan: opens(
      make('restore/finish-plan', {
        read: [...MANIFESTS, 'proofs/*', ...RESTORES],
        readVersions: ARTIFACTS,
        put: RESTORES,
        evidence: 'check',
        replica: { read: [...MANIFESTS, 'proofs/*'], readVersions: ARTIFACTS },
      }),
    ),
    planContainers: make('restore/plan-containers', { read: RESTORES }),
    checkPlan: make('restore/check-plan', {
      read: [...MANIFESTS, 'proofs/*', ...RESTORES],
      evidence: 'check',
      replica: { read: [...MANIFESTS, 'proofs/*'] },
    }),
    thawPoint: make('restore/thaw-point', { ...POINT, thaw: ARTIFACTS, replica: { ...POINT.replica, thaw: ARTIFACTS } }),
    recordStep: make('restore/record-step', { read: RESTORES, put: RESTORES }),
    recordRestore: make('restore/record-restore', { read: RESTORES, put: RESTORES }),
    planUndo: make('restore/plan-undo', { read: RESTORES }),
    judgeUndo: make('restore/judge-undo', {}),
    compareDatabase: opens(make('restore/compare-database', POINT_AND_NEW, { timeoutSeconds: 300, memoryMiB: 1024 })),
    compareTree: opens(make('restore/compare-tree', POINT_AND_NEW, { timeoutSeconds: 900, memoryMiB: 1769 })),
    planAssess: make('restore/plan-assess', { read: MANIFESTS, ...OF_REPLICA }),
    judgeAssess: opens(make('restore/judge-assess', POINT_AND_NEW, { timeoutSeconds: 900, memoryMiB: 1769 })),
    presign: proof.presign,
  };
  const OBJECTS = [...MANIFESTS, ...ARTIFACTS, 'proofs/*'];
  const RETENTION = ['retention/*'];
  // What somebody hid is found among all versions only, and read there.
  const HISTORY: VaultRights = { history: [...OBJECTS, ...RETENTION], readVersions: MANIFESTS };
  const TAGS: VaultRights = { read: [...MANIFESTS, 'proofs/*'], readVersions: OBJECTS, put: RETENTION };
  const many: More = { timeoutSeconds: 300, memoryMiB: 1024 };
  const retain = {
    decide: make('retain/decide', { ...HISTORY, list: ARTIFACTS }, many),
    apply: make(
      'retain/apply',
      { ...TAGS, read: OBJECTS, tag: { keys: OBJECTS, words: [...TIERS, 'pinned'] }, lock: OBJECTS, evidence: 'check' },
      many,
    ),
    keep: make(
      'retain/keep',
      { ...HISTORY, ...TAGS, read: OBJECTS, tag: { keys: OBJECTS, words: ['pinned'] }, lock: OBJECTS },
      many,
    ),
    prune: make('retain/prune', { ...HISTORY, read: [...MANIFESTS, 'proofs/*'], put: RETENTION, evidence: 'check' }, many),
    giveUp: make('retain/give-up', { ...TAGS, tag: { keys: OBJECTS, words: ['failed'] } }, many),
    showAgain: make('retain/show-again', { history: [...OBJECTS, ...RETENTION], removeVersions: [...OBJECTS, ...RETENTION] }),
    lookAtReplica: vault.replica
      ? make('retain/look-at-replica', {
          read: [...MANIFESTS, 'proofs/*'],
          readVersions: ARTIFACTS,
          put: ['replica/looks/*'],
          replica: { list: [...MANIFESTS, ...ARTIFACTS, 'proofs/*'] },
        })
      : null,
    markLeftovers: make('retain/mark-leftovers', {
      readVersions: MANIFESTS,
      history: [...MANIFESTS, ...ARTIFACTS],
      tag: { keys: ARTIFACTS, words: ['failed'] },
    }),
  };
  const tellTouch = make('alerts/tell-touch', { put: ['touches/*'] });
  tellTouch.function.addEnvironment('SUITE', suite.name);
  return { runs, backup, proof, restore, retain, tellTouch };
}
