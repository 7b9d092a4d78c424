import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentRun } from '../support/run-folder.ts';

/** Every stack, by what its name has behind the suite's. */
export const STACKS = ['vault', 'backup-documents', 'restore-documents', 'backup'] as const;

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Functions are bundled once for all suites of a run: that takes longer than everything else of a synthesis. */
export const BUNDLES = { SUITE_BACKUP_BUNDLES: join((await currentRun()).folder, 'bundles') };

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Record<string, unknown>;
}

/** One IAM statement, with actions and resources always as lists. */
export interface Statement {
  readonly of: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly raw: Record<string, unknown>;
}

/** Everything that bin/app.ts makes of bin/suite.ts, or of another suite of that name, for a host with a network: what a deployment would get. */
export class SynthesizedApp {
  readonly folder = mkdtempSync(join(tmpdir(), 'synthesized-app-'));
  readonly suite = 'process-engineering-suite';
  readonly resources: readonly Resource[];

  constructor(suite?: Record<string, unknown>) {
    const file = join(this.folder, 'suite.json');
    if (suite) writeFileSync(file, JSON.stringify({ name: this.suite, ...suite }));
    const context = {
      instanceId: 'i-0123456789abcdef0',
      roleName: 'docker-host',
      address: '10.0.0.9',
      vpcId: 'vpc-0123456789abcdef0',
      subnetIds: 'subnet-0123456789abcdef0',
      securityGroupIds: 'sg-0123456789abcdef0',
    };
    synthesize(this.folder, context, { ...BUNDLES, ...(suite && { SUITE_BACKUP_SUITE: file }) });
    this.resources = STACKS.flatMap((stack) => Object.entries(this.template(stack).Resources).map(resourceOf));
  }

  template(stack: string): { Resources: Record<string, Record<string, unknown>> } & Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.folder, `${this.suite}-${stack}.template.json`), 'utf8'));
  }

  artifact(stack: string): { properties: Record<string, unknown> } {
    const { artifacts } = JSON.parse(readFileSync(join(this.folder, 'manifest.json'), 'utf8'));
    return artifacts[`${this.suite}-${stack}`];
  }

  ofType(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The bucket with the recovery points; the other one holds the logs of who touched it. */
  vaultBucket(): Resource {
    return this.ofType('AWS::S3::Bucket').find(({ properties }) => properties.ObjectLockEnabled)!;
  }

  logBucket(): Resource {
    return this.ofType('AWS::S3::Bucket').find(({ properties }) => !properties.ObjectLockEnabled)!;
  }

  /** Statements of a bucket's policy, with references written out. */
  bucketPolicy(of: Resource): { Sid?: string; Effect: string }[] {
    const policy = this.ofType('AWS::S3::BucketPolicy').find(({ properties }) => this.target(properties.Bucket) === of)!;
    return readable((policy.properties.PolicyDocument as { Statement: object[] }).Statement) as {
      Sid?: string;
      Effect: string;
    }[];
  }

  /** The resource that a `Ref`, `Fn::GetAtt` or a join around one points at. */
  target(reference: unknown): Resource | undefined {
    const text = JSON.stringify(reference ?? null);
    const id = /"Ref":"([A-Za-z0-9]+)"|"Fn::GetAtt":\["([A-Za-z0-9]+)"/.exec(text);
    return this.resources.find((resource) => resource.id === (id?.[1] ?? id?.[2]));
  }

  /** Every statement of every policy of a role, a bucket, a topic or a queue; key policies are looked at separately. */
  statements(): Statement[] {
    return this.resources.flatMap((resource) => {
      const document = resource.properties.PolicyDocument as { Statement: Record<string, unknown>[] } | undefined;
      return (document?.Statement ?? []).map((raw) => ({
        of: resource.id,
        effect: String(raw.Effect),
        actions: list(raw.Action) as string[],
        resources: list(raw.Resource),
        raw,
      }));
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs bin/app.ts as `cdk synth` does; the context is what `-c` gives. Throws with its stderr when it fails. */
export function synthesize(folder: string, context: Record<string, string>, environment: Record<string, string> = {}): void {
  runApp('bin/app.ts', folder, context, environment);
}

/** The same for a program that makes the app and does more with it; what it wrote to stdout. */
export function runApp(
  program: string,
  folder: string,
  context: Record<string, unknown>,
  environment: Record<string, string> = {},
): string {
  return execFileSync(process.execPath, [program], {
    cwd: PROJECT_ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_VALIDATION: 'false',
      SUITE_BACKUP_LOCAL: '',
      SUITE_BACKUP_SUITE: '',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
}

export function list(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** References as `${LogicalId.Attribute}`, also those to the other stack; joins put together: one text to read and compare. */
export function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument]] = Object.entries(value) as [[string, unknown]];
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map(plain).join((argument as [string])[0]);
  if (name === 'Ref') return `\${${argument}}`;
  if (name === 'Fn::GetAtt') return `\${${(argument as string[]).join('.')}}`;
  const imported = /:ExportsOutput(?:Ref|FnGetAtt)([A-Za-z]+[0-9A-F]{8})([A-Z][a-z]+)?[0-9A-F]{8}$/.exec(String(argument));
  if (name === 'Fn::ImportValue' && imported) return `\${${imported.slice(1, 3).filter(Boolean).join('.')}}`;
  return `\${${JSON.stringify(value)}}`;
}

/** The same for a whole statement. */
export function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value);
  if (names.length === 1 && /^(Ref|Fn::\w+)$/.test(names[0]!)) return plain(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, readable(member)]));
}

function resourceOf([id, { Type, Properties }]: [string, Record<string, unknown>]): Resource {
  return { id, type: Type as string, properties: (Properties ?? {}) as Record<string, unknown> };
}
