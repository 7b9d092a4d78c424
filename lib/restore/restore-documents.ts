import type { Stack } from 'aws-cdk-lib';
import type { HostDocument } from '../../functions/contract/host-results.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { type ParameterName, parameters, SEAL_PARAMETERS, WAY_PARAMETERS } from '../platform/parameters.ts';

const STORE: ParameterName[] = ['bucket', 'prefix', 'source', 'chunkBytes', ...SEAL_PARAMETERS];
const SERVER: ParameterName[] = ['container', 'user', 'passwordVariable'];
/** Where a tree lies; what its kind does not need is empty. */
const TREE: ParameterName[] = ['kind', 'volume', 'container', 'path', 'directory'];

/** Parameters of each document beside `restore`. */
const PARAMETERS = {
  'inspect-database': [...SERVER, 'database', 'tables'],
  'inspect-roles': [...SERVER, ...WAY_PARAMETERS],
  'create-roles': [...SERVER, ...WAY_PARAMETERS],
  'restore-database-beside': [...SERVER, 'database', 'beside', 'ownership', ...WAY_PARAMETERS],
  'fingerprint-database': [...SERVER, ...STORE, 'database', 'fingerprint'],
  'swap-database': [...SERVER, 'database', 'beside', 'previous', 'undone', 'direction', 'oid', 'old', 'baseline', 'discard'],
  'count-writes': [...SERVER, 'database', 'oid', 'baseline'],
  'drop-database': [...SERVER, 'database', 'oid'],
  'restore-tables': [...SERVER, 'database', 'schema', 'replace', 'previousSchema', 'tables', ...WAY_PARAMETERS, 'beside'],
  'return-tables': [...SERVER, 'database', 'previousSchema', 'tables', 'schema', 'direction'],
  'inspect-tree': [...TREE, 'to', 'since'],
  'restore-tree-beside': [...TREE, 'newVolume', 'labels', 'source', 'to', 'paths', ...WAY_PARAMETERS, 'previous'],
  'list-tree': [...TREE, ...STORE, 'where', 'include', 'exclude'],
  'swap-tree': [...TREE, 'source', 'exclude', 'previous', 'direction'],
  'forget-tree': [...TREE, 'source'],
  'diff-config': ['directory', 'include', 'exclude', ...WAY_PARAMETERS],
  'make-containers': ['project', 'directory', 'files', 'environmentFiles', 'services', 'servers'],
  'find-writers': ['writers'],
  'stop-writers': ['containers'],
  'start-writers': ['containers'],
} as const satisfies Partial<Record<HostDocument, readonly ParameterName[]>>;

export type RestoreDocument = keyof typeof PARAMETERS;
export type RestoreDocuments = Readonly<Record<RestoreDocument, HostDocumentHandle>>;

/** Questions have a short time, work a long one. */
const QUESTIONS: readonly RestoreDocument[] = ['inspect-database', 'inspect-roles', 'count-writes', 'find-writers'];

/** What the host does for a restore: everything beside what is there, until one document puts it in place. */
export function restoreDocuments(
  stack: Stack,
  hostCommand: HostCommand,
  timeouts: { inspect: number; prove: number },
): RestoreDocuments {
  const entries = Object.entries(PARAMETERS).map(([key, names]) => {
    const name = key as RestoreDocument;
    const handle = hostCommand.document(stack, name, {
      script: `functions/restore/${name}.sh`,
      parameters: parameters(['restore', ...names]),
      timeoutSeconds: QUESTIONS.includes(name) ? timeouts.inspect : timeouts.prove,
    });
    return [name, handle] as const;
  });
  return Object.fromEntries(entries) as unknown as RestoreDocuments;
}

/** The document's own parameters out of an object that holds more: JSONata. What every stored thing is encrypted by, `$sealing` holds. */
export function parametersOf(document: RestoreDocument, from: string): string {
  const isSealing = (name: string) => SEAL_PARAMETERS.some((one) => one === name);
  const fields = ['restore', ...PARAMETERS[document]].map((name) => `'${name}': ${isSealing(name) ? '$sealing' : '$p'}.${name}`);
  return `($p := ${from}; { ${fields.join(', ')} })`;
}
