import type { Encryption } from '../../functions/contract/encryption.ts';
import type { ObjectLock } from '../../functions/contract/object-lock.ts';
import type { CrossCheck, Source, SqlCheck } from '../../functions/contract/sources.ts';
import type { Colder, Tier } from '../../functions/contract/tiers.ts';

/** Where an agent must stand to reach the scratch server over the network; `securityGroupIds` are the host's own. */
export interface Network {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

export interface Host {
  readonly instanceId: string;
  readonly roleName: string;
  /** Address of the host inside its network; null together with `network`. */
  readonly address: string | null;
  /** null: agents do not connect to the host; the scratch is questioned through `docker exec`. */
  readonly network: Network | null;
}

export interface ScheduleEntry {
  readonly name: string;
  readonly tier: Tier;
  /** EventBridge Scheduler's form, `cron(0 2 * * ? *)`. */
  readonly expression: string;
}

/** How many of each tier are kept; `minimumProven` of the newest proven points never expire. */
export interface Retention {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number | 'forever';
  readonly minimumProven: number;
  /** Where artifacts of the long tiers are moved to. */
  readonly colder: { readonly monthly: Colder | null; readonly yearly: Colder | null };
}

/** A secret of Secrets Manager. `arn`: it exists already; null: the vault's stack makes it, empty, and the operator gives it its value. */
export interface Secret {
  readonly name: string;
  readonly arn: string | null;
}

export interface EncryptionConfig {
  readonly mode: Encryption;
  /** age recipients, or public keys of PGP as text. */
  readonly recipients: readonly string[];
  /** On the host; null for modes with a public key. */
  readonly passphraseFile: string | null;
  /** What opens what was stored, of earlier modes, too. */
  readonly privateKey: Secret | null;
  readonly passphrase: Secret | null;
  /** ARN of the KMS key of both secrets; null: the one that Secrets Manager has by itself. */
  readonly kmsKey: string | null;
}

/** How what is stored is kept from being changed, and who may see it. */
export interface VaultConfig {
  /** Days that the versions of each tier cannot be deleted; null: not locked. */
  readonly lock: ObjectLock | null;
  readonly readers: readonly string[];
  readonly trail: boolean;
  readonly replica: Replica | null;
}

/** A second home for every point, which nothing that happens in the vault makes smaller. */
export interface Replica {
  readonly region: string;
  /** Another account, which then must know that of the vault; null, both: the same. */
  readonly account: string | null;
  readonly vaultAccount: string | null;
}

/** The suite file after validation: every default filled in, every source in one flat list. What the stacks are made from. */
export interface SuiteConfig {
  readonly name: string;
  /** IANA name; schedules are read in it. */
  readonly timeZone: string;
  readonly host: Host;
  /** Databases (the globals of a server right after its first database), volumes, paths, files. */
  readonly sources: readonly Source[];
  readonly secretsKeptIn: readonly string[];
  readonly writers: readonly string[];
  readonly schedules: readonly ScheduleEntry[];
  readonly retention: Retention;
  readonly vault: VaultConfig;
  readonly verification: {
    readonly checks: readonly SqlCheck[];
    readonly crossChecks: readonly CrossCheck[];
    readonly port: number;
    /** An anomaly: a source lost more than `share` of its size (0..1) and more than `bytes`. */
    readonly shrink: { readonly share: number; readonly bytes: number };
  };
  readonly encryption: EncryptionConfig;
  readonly alerts: { readonly emails: readonly string[] };
  /** Seconds: one question to the host, one capture, one step of a proof, waiting for an archive, a whole workflow. */
  readonly timeouts: Readonly<Record<'inspect' | 'capture' | 'prove' | 'thaw' | 'workflow', number>>;
  readonly stackNames: Readonly<Record<'vault' | 'replica' | 'backupDocuments' | 'restoreDocuments' | 'workflows', string>>;
  readonly warnings: readonly string[];
  /** Why these stacks may be synthesized but not deployed (a placeholder is still in the suite file); null when they may. */
  readonly deploymentRefusal: string | null;
}
