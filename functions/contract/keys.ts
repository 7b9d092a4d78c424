import { isId } from './ids.ts';

/** Every key of the vault (DESIGN §5). Only below `artifacts/` may the host write; only the lock is ever replaced. */
export const keys = {
  artifactPrefix: (suite: string, id: string) => `${suite}/artifacts/${id}/`,
  artifacts: (suite: string) => `${suite}/artifacts/`,
  /** What a proof, a restore or an assessment lets the host put for a few days: not of any point, so a lifecycle rule takes it by this prefix. */
  work: (suite: string) => `${suite}/artifacts/work/`,
  workPrefix: (suite: string, id: string) => `${suite}/artifacts/work/${id}/`,
  manifest: (suite: string, id: string) => `${suite}/recovery-points/${id}.json`,
  manifests: (suite: string) => `${suite}/recovery-points/`,
  proof: (suite: string, id: string, proofId: string, passed: boolean) =>
    `${suite}/proofs/${id}/${proofId}.${passed ? 'passed' : 'failed'}.json`,
  /** What one state of a proof under way found; write-proof gathers them. Not below `proofs/`, whose listing tells the points' states. */
  findings: (suite: string, id: string, proofId: string, section: string) => `${suite}/findings/${id}/${proofId}/${section}.json`,
  allFindings: (suite: string) => `${suite}/findings/`,
  proofs: (suite: string) => `${suite}/proofs/`,
  failure: (suite: string, id: string) => `${suite}/failures/${id}.json`,
  failures: (suite: string) => `${suite}/failures/`,
  /** Decisions about how long each point stays (retention.ts). */
  retention: (suite: string) => `${suite}/retention/`,
  /** Calls on the vault that none of ours makes, once for each hour and kind. */
  touch: (suite: string, occasion: string) => `${suite}/touches/${occasion}.json`,
  touches: (suite: string) => `${suite}/touches/`,
  /** What was found out about the replica. Proofs of what lies there say nothing of the vault, so they stand apart from its own. */
  replicaRecords: (suite: string) => `${suite}/replica/`,
  replicaLooks: (suite: string) => `${suite}/replica/looks/`,
  replicaLook: (suite: string, time: string) => `${suite}/replica/looks/${time}.json`,
  replicaProofs: (suite: string) => `${suite}/replica/proofs/`,
  replicaProof: (suite: string, id: string, proofId: string, passed: boolean) =>
    `${suite}/replica/proofs/${id}/${proofId}.${passed ? 'passed' : 'failed'}.json`,
  lock: (suite: string) => `${suite}/lock.json`,
  restores: (suite: string) => `${suite}/restores/`,
  restorePlan: (suite: string, restoreId: string) => `${suite}/restores/${restoreId}/plan.json`,
  /** The journal grows and nothing in it is replaced: its keys begin with the time (`20261123T020000123Z`), so they sort by it. */
  restoreJournal: (suite: string, restoreId: string) => `${suite}/restores/${restoreId}/journal/`,
  restoreStep: (suite: string, restoreId: string, time: string, item: string | null, phase: string) =>
    `${suite}/restores/${restoreId}/journal/${time}-${item === null ? '' : `${item}-`}${phase}.json`,
  restoreOutcomes: (suite: string, restoreId: string) => `${suite}/restores/${restoreId}/outcomes/`,
  restoreOutcome: (suite: string, restoreId: string, time: string, what: string) =>
    `${suite}/restores/${restoreId}/outcomes/${time}-${what}.json`,
};

/** `<source kind>-<source name>`, the stem of an artifact's key and the name of a source in results. */
export function sourceLabel(kind: string, name: string): string {
  return `${kind}-${name}`;
}

export interface ProofKey {
  readonly id: string;
  readonly proofId: string;
  readonly passed: boolean;
}

/** Undefined for keys of another form. */
export function parseProofKey(suite: string, key: string): ProofKey | undefined {
  const match = /^(\d{8}T\d{6}Z)\/([A-Za-z0-9-]+)\.(passed|failed)\.json$/.exec(key.slice(keys.proofs(suite).length));
  if (!match) return undefined;
  const [, id, proofId, verdict] = match;
  return { id: id!, proofId: proofId!, passed: verdict === 'passed' };
}

/** The id in a key directly below `recovery-points/` or `failures/`; undefined when the key has another form. */
export function idOfKey(prefix: string, key: string): string | undefined {
  const name = key.startsWith(prefix) && key.endsWith('.json') ? key.slice(prefix.length, -'.json'.length) : '';
  return isId(name) ? name : undefined;
}
