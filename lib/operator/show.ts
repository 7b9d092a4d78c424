import { keys } from '../../functions/contract/keys.ts';
import { type ArtifactRow, artifactsOf, sourcesOfFailure } from './artifacts.ts';
import { readFailure } from './documents.ts';
import type { Evidence } from './evidence.ts';
import { OperatorError } from './operator-error.ts';
import { type Point, pointOf } from './point.ts';
import { indent, pointText } from './point-text.ts';
import { readFacts, resolvePoint } from './points.ts';
import { proofText } from './proof-text.ts';
import { findProofs, type ShownProof, shownProof } from './proofs.ts';
import { type Signatures, signatureError, signaturesOf, signaturesText } from './signatures.ts';
import { bytesText, durationText, mark, paint, type Style, table } from './text.ts';
import { Vault } from './vault.ts';
import type { Verb } from './verb.ts';

export interface ShowFields {
  point: Point | null;
  manifest: object | null;
  secretsKeptIn: string[];
  proofs: ShownProof[];
  artifacts: ArtifactRow[];
  /** Null: the point was never stored. */
  signatures: Signatures | null;
}

/** Everything about one recovery point: its objects, its proofs, why it failed. */
export const show: Verb<ShowFields> = {
  empty: { point: null, manifest: null, secretsKeptIn: [], proofs: [], artifacts: [], signatures: null },

  async run({ connection, locate }, request) {
    const vault = new Vault(connection);
    const { id, index, lock } = await resolvePoint(connection, request.id ?? 'latest');
    const [facts, found] = await Promise.all([readFacts(connection, index, lock, id), findProofs(connection, id)]);
    const point = pointOf(facts, new Date());
    const proofs = found.map(shownProof);
    const signatures =
      facts.manifest && (await signaturesOf(connection.evidence, connection.stack.suite, id, facts.manifest, found));
    const error = request.verifySignature ? await refusal(connection.evidence, id, signatures) : null;
    if (facts.manifest?.valid) {
      const { manifest, stored } = facts.manifest;
      const artifacts = artifactsOf(manifest, locate && ((key, versionId) => locate(vault.bucket, key, versionId)));
      return { fields: { point, manifest: stored, secretsKeptIn: manifest.secretsKeptIn, proofs, artifacts, signatures }, error };
    }
    const failure = await readFailure(vault, keys.failure(vault.suite, id));
    const artifacts = failure === null ? [] : sourcesOfFailure(failure);
    return { fields: { point, manifest: null, secretsKeptIn: [], proofs, artifacts, signatures }, error };
  },

  text({ point, secretsKeptIn, proofs, artifacts, signatures }, style, { checksums, verifySignature }) {
    if (checksums) return checksumLines(artifacts);
    const parts = [
      point === null ? '' : pointText(style, point),
      artifacts.length === 0 ? '' : indent(artifactTable(style, artifacts)),
      secretsKeptIn.length === 0
        ? ''
        : indent(`${paint(style, 'dim', 'secrets are kept in')}\n${indent(secretsKeptIn.join('\n'))}`),
      ...proofs.map((proof) => indent(proofText(style, proof))),
      verifySignature && signatures !== null ? indent(signaturesText(style, signatures)) : '',
    ];
    return parts.filter((part) => part !== '').join('\n\n');
  },
};

/** What somebody who asks for the signatures must not miss. */
async function refusal(evidence: Evidence, id: string, signatures: Signatures | null): Promise<OperatorError | null> {
  if (signatures === null)
    return new OperatorError('NotFound', `Recovery point ${id} was never stored: nothing of it is signed.`);
  return (await evidence.problem()) ?? signatureError(id, signatures);
}

/** As `sha256sum --check` reads them in a copy of the vault; keys have no character that it would escape. */
function checksumLines(artifacts: readonly ArtifactRow[]): string {
  return artifacts.flatMap(({ sha256, key }) => (sha256 === null || key === null ? [] : [`${sha256}  ${key}`])).join('\n');
}

function artifactTable(style: Style, artifacts: readonly ArtifactRow[]): string {
  const rows = artifacts.map((row) => [
    row.state === 'captured' ? mark(style, 'good') : mark(style, row.state === 'failed' ? 'bad' : 'open'),
    `${row.kind} ${row.source}`,
    row.key === null ? '' : row.key.slice(row.key.lastIndexOf('/') + 1),
    row.bytes === null ? '' : bytesText(row.bytes),
    row.rawBytes === null ? '' : bytesText(row.rawBytes),
    row.seconds === null ? '' : durationText(row.seconds),
    row.reason === null ? (row.state === 'absent' ? 'absent' : '') : `${row.reason.name}: ${row.reason.message}`,
  ]);
  return table(style, ['', 'source', 'object', 'stored', 'raw', 'took', 'reason'], rows, ['stored', 'raw', 'took']);
}
