import type { core } from 'zod';
import { sourceLabel } from '../../functions/contract/keys.ts';
import { documentStackName, replicaStackName, vaultStackName, workflowStackName } from '../../functions/contract/names.ts';
import type { CrossCheck, Source, SqlCheck } from '../../functions/contract/sources.ts';
import { crossProblems } from './cross-rules.ts';
import { completeHost, type HostOptions, PLACEHOLDER_INSTANCE } from './host-defaults.ts';
import { normaliseEncryption } from './normalise-encryption.ts';
import { normaliseSources } from './normalise-sources.ts';
import { isRecord, problem, valueAt } from './raw-value.ts';
import { lockDays } from './retention-policy.ts';
import { scheduleEntries, springGapWarning } from './schedule-entries.ts';
import type { SuiteConfig } from './suite-config.ts';
import { type Problem, SuiteInvalid } from './suite-invalid.ts';
import { type SuiteDeclaration, suiteSchema } from './suite-schema.ts';

/**
 * The suite file's content as the stacks need it. `local`: only a name and one source must be given.
 * @throws SuiteInvalid with every problem; an unknown key is one.
 */
export function parseSuite(raw: unknown, options: HostOptions): SuiteConfig {
  const complete = isRecord(raw) ? { ...raw, host: completeHost(raw.host, options) } : raw;
  const parsed = suiteSchema.safeParse(complete);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, complete))),
    ...crossProblems(complete, options),
  ];
  if (!parsed.success || problems.length > 0) throw new SuiteInvalid(problems);
  return configOf(parsed.data, options.local);
}

function configOf(suite: SuiteDeclaration, local: boolean): SuiteConfig {
  const schedules = scheduleEntries(suite.schedules);
  const isPlaceholder = !local && suite.host.instanceId === PLACEHOLDER_INSTANCE;
  const deploymentRefusal = isPlaceholder
    ? `host.instanceId is still the placeholder ${PLACEHOLDER_INSTANCE}: put the real one into the suite file or deploy with -c instanceId=i-…`
    : null;
  const sources = normaliseSources(suite.sources);
  const { checks, crossChecks } = suite.verification;
  return {
    ...suite,
    sources,
    encryption: normaliseEncryption(suite.encryption, local),
    schedules,
    vault: {
      ...suite.vault,
      lock: suite.vault.lock && { mode: suite.vault.lock.mode, days: lockDays(suite.retention, suite.vault.lock.days) },
      // On one machine there is one account.
      replica:
        suite.vault.replica && (local ? { ...suite.vault.replica, account: null, vaultAccount: null } : suite.vault.replica),
    },
    verification: {
      ...suite.verification,
      checks: checks.map(checkOf),
      crossChecks: crossChecks.map((check) => ({ ...check, source: labelOfFiles(check.source, sources) })),
    },
    stackNames: {
      vault: vaultStackName(suite.name),
      replica: replicaStackName(suite.name),
      backupDocuments: documentStackName(suite.name, 'backup'),
      restoreDocuments: documentStackName(suite.name, 'restore'),
      workflows: workflowStackName(suite.name),
    },
    warnings: [
      ...schedules.flatMap((entry) => springGapWarning(entry, suite.timeZone) ?? []),
      ...(deploymentRefusal ? [deploymentRefusal] : []),
    ],
    deploymentRefusal,
  };
}

function checkOf({ expect, ...check }: SuiteDeclaration['verification']['checks'][number]): SqlCheck {
  const { equals, min, max } = expect;
  return { ...check, expect: equals === undefined ? { min, max } : { equals } };
}

/** A name of cross-rules.ts: exactly one source of files has it. */
function labelOfFiles(name: string, sources: readonly Source[]): CrossCheck['source'] {
  const { kind } = sources.find((source) => source.name === name && source.kind !== 'database' && source.kind !== 'globals')!;
  return sourceLabel(kind, name);
}

function problemsOf(issue: core.$ZodIssue, raw: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => problem([...issue.path, key], raw, 'is not known'));
  }
  const missing = issue.code === 'invalid_type' && valueAt(raw, issue.path) === undefined;
  return [problem(issue.path, raw, missing ? missingMessage(issue.path) : issue.message)];
}

function missingMessage(path: readonly PropertyKey[]): string {
  const inContext = path.length === 2 && path[0] === 'host';
  return inContext ? `is missing; it can also be given as context: -c ${String(path[1])}=…` : 'is missing';
}
