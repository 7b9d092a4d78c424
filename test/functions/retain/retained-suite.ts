import { DeleteObjectCommand, GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { idOf, isoSeconds, timeOf } from '../../../functions/contract/ids.ts';
import { type Manifest, serializeManifest } from '../../../functions/contract/manifest.ts';
import type { Proof } from '../../../functions/contract/proof.ts';
import { newestDecisions, type Retained } from '../../../functions/contract/retention.ts';
import type { RetentionPolicy } from '../../../functions/contract/retention-plan.ts';
import type { Tier } from '../../../functions/contract/tiers.ts';
import { TaskFailure } from '../../../lib/local-engine/states/errors.ts';
import { parseMachine } from '../../../lib/local-engine/states/machine.ts';
import { run } from '../../../lib/local-engine/states/run.ts';
import { realTimers } from '../../../lib/local-engine/states/timers.ts';
import { suiteMachines } from '../../lib/suite-machines.ts';
import type { Handler, WithVault } from '../with-vault.ts';

export const POLICY: RetentionPolicy = {
  timeZone: 'Etc/UTC',
  days: { daily: 7, weekly: 28, monthly: 372, yearly: null },
  colder: { daily: null, weekly: null, monthly: null, yearly: null },
  minimumProven: 2,
};

/** State of the machine, and the agent that it calls. */
const AGENTS = {
  'Decide what stays and what goes': 'decide',
  'Hold the point': 'apply',
  'Give the point its time back': 'apply',
  'Let its objects go': 'give-up',
  'Mark what the run left': 'mark-leftovers',
  'Remove the delete marker': 'show-again',
} as const;
type AgentName = (typeof AGENTS)[keyof typeof AGENTS] | 'keep' | 'prune';

export interface Settled {
  ok: boolean;
  cause: string;
  /** What the operators were told. */
  told: string[];
}

/** The real retain machine and its agents, for any number of suites in one vault. */
export class RetainMachine {
  readonly definition = suiteMachines()('retain');
  readonly vault: WithVault;
  readonly agents: Record<AgentName, Handler>;

  private constructor(vault: WithVault, agents: Record<AgentName, Handler>) {
    this.vault = vault;
    this.agents = agents;
  }

  static async open(vault: WithVault): Promise<RetainMachine> {
    return new RetainMachine(vault, {
      decide: await vault.handler(import('../../../functions/retain/decide.ts')),
      apply: await vault.handler(import('../../../functions/retain/apply.ts')),
      'give-up': await vault.handler(import('../../../functions/retain/give-up.ts')),
      'mark-leftovers': await vault.handler(import('../../../functions/retain/mark-leftovers.ts')),
      'show-again': await vault.handler(import('../../../functions/retain/show-again.ts')),
      keep: await vault.handler(import('../../../functions/retain/keep.ts')),
      prune: await vault.handler(import('../../../functions/retain/prune.ts')),
    });
  }
}

/** A suite whose points are sealed and proven by hand. */
export class RetainedSuite {
  readonly name: string;
  readonly agents: Record<AgentName, Handler>;
  readonly #vault: WithVault;
  readonly #machine: Record<string, unknown>;
  #proofs = 0;
  lastProof = '';

  constructor(name: string, { vault, agents, definition }: RetainMachine) {
    this.name = name;
    this.#vault = vault;
    this.agents = agents;
    this.#machine = definition;
  }

  manifest(id: string): string {
    return `${this.name}/recovery-points/${id}.json`;
  }

  proof(id: string, proofId: string, passed = true): string {
    return `${this.name}/proofs/${id}/${proofId}.${passed ? 'passed' : 'failed'}.json`;
  }

  archive(id: string): string {
    return `${this.name}/artifacts/${id}/volume-uploads.a1.tar.zst`;
  }

  /** A sealed point with two objects, tagged as seal does it. */
  async seal(id: string, tier: Tier = 'daily'): Promise<string> {
    const stem = `${this.name}/artifacts/${id}/volume-uploads.a1`;
    const keys = [`${stem}.tar.zst`, `${stem}.inventory.tar.zst`] as const;
    const versions = await Promise.all(keys.map((key) => this.#vault.put(key, id, { retention: tier })));
    const artifact = (index: 0 | 1): Manifest['sources'][0]['artifacts'][0] => ({
      role: index === 0 ? 'archive' : 'inventory',
      key: keys[index],
      versionId: versions[index]!,
      bytes: id.length,
      rawBytes: null,
      sha256: 'a'.repeat(64),
      chunkBytes: 1024,
      chunks: ['a'.repeat(64)],
      compression: 'zstd',
      encryption: 'none',
      seconds: 1,
    });
    const manifest: Omit<Manifest, 'checksum'> = {
      schema: 'suite-backup.manifest.v1',
      id,
      suite: this.name,
      tier,
      trigger: 'schedule',
      label: null,
      scheduledFor: null,
      startedAt: isoSeconds(timeOf(id)),
      finishedAt: isoSeconds(timeOf(id)),
      host: { instanceId: 'i-1', docker: '27', kernel: '6', tools: {} },
      secretsKeptIn: [],
      previousId: null,
      warnings: [],
      sources: [
        {
          kind: 'volume',
          name: 'uploads',
          label: 'volume-uploads',
          declared: {},
          resolved: 'uploads',
          state: 'captured',
          reason: null,
          artifacts: [artifact(0), artifact(1)],
          container: null,
          server: null,
          anomaly: null,
        },
      ],
    };
    await this.#vault.put(this.manifest(id), serializeManifest(await this.#vault.signed(manifest)), { retention: tier });
    return id;
  }

  async prove(id: string, passed = true): Promise<void> {
    const proofId = `${idOf(new Date())}-${String(this.#proofs++).padStart(6, '0')}`;
    const proof: Proof = {
      schema: 'suite-backup.proof.v1',
      id: proofId,
      point: id,
      suite: this.name,
      startedAt: isoSeconds(new Date()),
      finishedAt: isoSeconds(new Date()),
      ok: passed,
      reason: passed ? null : { name: 'FilesMismatch', message: 'one file differs', source: 'volume-uploads' },
      restoreSeconds: 0,
      server: null,
      acceptedAnomaly: null,
      checks: [],
    };
    await this.#vault.put(this.proof(id, proofId, passed), JSON.stringify(await this.#vault.signed(proof)));
    this.lastProof = proofId;
  }

  async proven(id: string, tier: Tier = 'daily'): Promise<string> {
    await this.prove(await this.seal(id, tier));
    return id;
  }

  /** Runs the machine as the workflow does after every proof. `dies`: at this call of a state's agent the run is killed. */
  async settle(
    input: { unkeep?: string; about?: string } = {},
    policy = POLICY,
    dies?: { at: keyof typeof AGENTS; call: number },
  ): Promise<Settled> {
    const told: string[] = [];
    let calls = 0;
    const performTask = async ({ stateName, arguments: given }: { stateName: string; arguments?: unknown }): Promise<unknown> => {
      const { Payload } = given as { Payload: { message?: string; policy?: unknown } };
      if (stateName === 'Tell the operators') {
        told.push(Payload.message!);
        return { Payload: {} };
      }
      const agent = AGENTS[stateName as keyof typeof AGENTS];
      if (stateName === dies?.at && ++calls >= dies.call) throw new TaskFailure('States.Runtime', 'killed');
      try {
        const own = { ...Payload, suite: this.name, ...(Payload.policy ? { policy } : {}) };
        return { Payload: await this.agents[agent](own) };
      } catch (error) {
        const { name, message } = error as Error;
        throw new TaskFailure(name, JSON.stringify({ errorType: name, errorMessage: message }));
      }
    };
    const arn = 'arn:aws:states:us-east-1:000000000000:execution:shop-backup-retain:run-1';
    const outcome = await run({
      machine: parseMachine(this.#machine, 'retain'),
      input,
      context: {
        Execution: {
          Id: arn,
          Input: input,
          Name: 'run-1',
          RoleArn: 'arn:aws:iam::000000000000:role/retain',
          StartTime: isoSeconds(new Date()),
        },
        StateMachine: { Id: arn, Name: 'retain' },
      },
      performTask,
      record: () => {},
      signal: new AbortController().signal,
      timers: realTimers,
    });
    return { ok: outcome.status === 'SUCCEEDED', cause: outcome.status === 'SUCCEEDED' ? '' : (outcome.cause ?? ''), told };
  }

  /** The word on each object of a point: one, if all have the same. */
  async tags(id: string): Promise<string> {
    const keys = [
      ...(await this.#vault.keys(`${this.name}/recovery-points/${id}`)),
      ...(await this.#vault.keys(`${this.name}/artifacts/${id}/`)),
      ...(await this.#vault.keys(`${this.name}/proofs/${id}/`)),
    ];
    const words = await Promise.all(keys.map((key) => this.tag(key)));
    return [...new Set(words)].join(' ');
  }

  async tag(Key: string, VersionId?: string): Promise<string> {
    const { TagSet = [] } = await this.#vault.s3.client.send(
      new GetObjectTaggingCommand({ Bucket: this.#vault.bucket, Key, VersionId }),
    );
    return TagSet.find((tag) => tag.Key === 'retention')?.Value ?? 'none';
  }

  /** The newest decision about each point, `floor daily`. */
  async decided(): Promise<Record<string, string>> {
    const newest = newestDecisions(this.name, await this.#vault.keys(`${this.name}/retention/`));
    return Object.fromEntries([...newest].map(([id, { hold, tier }]: [string, Retained]) => [id, `${hold} ${tier}`]));
  }

  /** Deletes as a client does: a marker over it. */
  async hide(Key: string): Promise<void> {
    await this.#vault.s3.client.send(new DeleteObjectCommand({ Bucket: this.#vault.bucket, Key }));
  }

  /** Deletes one version for good. */
  async destroy(Key: string): Promise<void> {
    const { VersionId } = await this.#vault.s3.client.send(new HeadObjectCommand({ Bucket: this.#vault.bucket, Key }));
    await this.#vault.s3.client.send(new DeleteObjectCommand({ Bucket: this.#vault.bucket, Key, VersionId }));
  }

  async isThere(Key: string): Promise<boolean> {
    return (await this.#vault.keys(Key)).includes(Key);
  }
}
