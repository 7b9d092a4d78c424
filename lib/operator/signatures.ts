import { keys } from '../../functions/contract/keys.ts';
import type { FoundManifest, FoundProof } from './documents.ts';
import type { Evidence, Judgement, PublicKey } from './evidence.ts';
import { OperatorError } from './operator-error.ts';
import { indent } from './point-text.ts';
import { mark, paint, type Style, table } from './text.ts';

/** Whether each document of a point is what was signed, and with which key that was checked; no key: nothing could be. */
export interface Signatures {
  publicKey: PublicKey | null;
  documents: SignedDocument[];
}

interface SignedDocument extends Judgement {
  kind: 'manifest' | 'proof';
  key: string;
}

export async function signaturesOf(
  evidence: Evidence,
  suite: string,
  id: string,
  manifest: FoundManifest,
  proofs: readonly FoundProof[],
): Promise<Signatures> {
  return {
    publicKey: await evidence.publicKey(),
    documents: [
      { kind: 'manifest', key: keys.manifest(suite, id), ...manifest.judgement },
      ...proofs.map(({ key, judgement }) => ({
        kind: 'proof' as const,
        key: keys.proof(suite, key.id, key.proofId, key.passed),
        ...judgement,
      })),
    ],
  };
}

/** Why not all of it can be believed; null when it can. */
export function signatureError(id: string, { documents }: Signatures): OperatorError | null {
  const wrong = documents.filter(({ state }) => state !== 'signed');
  if (wrong.length === 0) return null;
  const problems = wrong.map(({ key, state, message }) => ({ path: key, value: state, message: `It ${message}.` }));
  return new OperatorError(
    'SignatureInvalid',
    `${wrong.length} of ${documents.length} documents of recovery point ${id} cannot be believed.`,
    problems,
  );
}

export function signaturesText(style: Style, { publicKey, documents }: Signatures): string {
  const rows = documents.map(({ kind, key, state, message }) => [
    mark(style, state === 'signed' ? 'good' : state === 'forged' ? 'bad' : 'open'),
    kind,
    key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, ''),
    message,
  ]);
  const checked =
    publicKey === null ? '' : `checked on this machine with ${publicKey.arn}\nsha256 of its public half: ${publicKey.sha256}`;
  return [paint(style, 'dim', 'signatures'), indent(table(style, ['', 'document', 'id', ''], rows)), indent(checked)]
    .filter((part) => part !== '')
    .join('\n');
}
