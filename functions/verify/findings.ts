import { NamedError } from '../contract/errors.ts';
import { keys } from '../contract/keys.ts';
import { type Manifest, type ManifestSource, parseManifest } from '../contract/manifest.ts';
import { type Check, type Copy, type Findings, sectionOfCopy } from '../contract/proof.ts';
import type { Vault } from '../runtime/vault.ts';

/** Where a state of the prove workflow works: every agent of it gets these. */
export interface Place {
  readonly suite: string;
  readonly id: string;
  readonly proofId: string;
}

/** Stores what one state found. The first word counts: a retried state must not replace a failed check by a later one. */
export async function storeFindings(
  vault: Vault,
  { suite, id, proofId }: Place,
  section: string,
  checks: Check[],
  more: Partial<Pick<Findings, 'restoreSeconds' | 'server'>> = {},
): Promise<{ section: string; ok: boolean }> {
  const findings: Findings = { schema: 'suite-backup.findings.v1', section, checks, restoreSeconds: null, server: null, ...more };
  await vault.putOnce(keys.findings(suite, id, proofId, section), JSON.stringify(findings));
  return { section, ok: checks.every(({ ok, severity }) => ok || severity === 'warning') };
}

/** The same for one copy of a database. Checks of its plain SQL are all of kind `restore`, and say so: the one check of a table is that of the dump. */
export function storeFindingsOfCopy(
  vault: Vault,
  place: Place & { readonly label: string; readonly copy: Copy },
  kind: Check['kind'],
  checks: Check[],
  more: Parameters<typeof storeFindings>[4] = {},
): Promise<{ section: string; ok: boolean }> {
  const told = checks.map((check): Check => {
    if (place.copy === 'dump' || check.kind === 'restore') return check;
    return { ...check, kind: 'restore', name: `plain SQL: ${check.name}`, message: `Plain SQL: ${check.message}` };
  });
  return storeFindings(vault, place, sectionOfCopy(place.copy, kind, place.label), told, more);
}

/** @throws NamedError NotFound or ManifestInvalid. */
export async function readPoint(vault: Vault, { suite, id }: Pick<Place, 'suite' | 'id'>): Promise<Manifest> {
  const text = await vault.getText(keys.manifest(suite, id));
  if (text === undefined) throw new NamedError('NotFound', `There is no recovery point ${id}.`);
  return parseManifest(text, { suite, id });
}

export function sourceOf(manifest: Manifest, label: string): ManifestSource {
  const source = manifest.sources.find((candidate) => candidate.label === label);
  if (!source) throw new NamedError('ManifestInvalid', `The manifest of ${manifest.id} has no source ${label}.`);
  return source;
}

export function failedCheck(kind: Check['kind'], source: string, name: string, error: string, message: string): Check {
  return { kind, source, name, ok: false, severity: 'failure', expected: null, actual: null, message, error };
}
