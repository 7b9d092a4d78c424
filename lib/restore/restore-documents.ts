import type { Stack } from 'aws-cdk-lib';
import type { HostDocument } from '../../functions/contract/host-results.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { type ParameterName, parameters } from '../platform/parameters.ts';

const STORE: ParameterName[] = ['bucket', 'prefix', 'source', 'chunkBytes'];
const SERVER: ParameterName[] = ['container', 'user', 'passwordVariable'];
/** Where a tree lies; what its kind does not need is empty. */
const TREE: ParameterName[] = ['kind', 'volume', 'container', 'path', 'directory'];

/** Parameters of each document beside `restore`. */
const PARAMETERS = {
  'inspect-database': [...SERVER, 'database', 'tables'],
  'inspect-roles': [...SERVER, 'url'],
  'create-roles': [...SERVER, 'url'],
  'restore-database-beside': [...SERVER, 'database', 'beside', 'ownership', 'url'],
  'fingerprint-database': [...SERVER, ...STORE, 'database', 'fingerprint'],
  'swap-database': [...SERVER, 'database', 'beside', 'previous', 'undone', 'direction', 'oid', 'old', 'baseline', 'discard'],
  'count-writes': [...SERVER, 'database', 'oid', 'baseline'],
  'drop-database': [...SERVER, 'database', 'oid'],
  'restore-tables': [...SERVER, 'database', 'schema', 'replace', 'previousSchema', 'tables', 'url', 'beside'],
  'return-tables': [...SERVER, 'database', 'previousSchema', 'tables', 'schema', 'direction'],
  'inspect-tree': [...TREE, 'to', 'since'],
  'restore-tree-beside': [...TREE, 'newVolume', 'labels', 'source', 'to', 'paths', 'url', 'previous'],
  'list-tree': [...TREE, ...STORE, 'where', 'include', 'exclude'],
  'swap-tree': [...TREE, 'source', 'exclude', 'previous', 'direction'],
  'forget-tree': [...TREE, 'source'],
  'diff-config': ['directory', 'include', 'exclude', 'url'],
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

/** The document's own parameters out of an object that holds more: JSONata. */
export function parametersOf(document: RestoreDocument, from: string): string {
  const fields = ['restore', ...PARAMETERS[document]].map((name) => `'${name}': $p.${name}`);
  return `($p := ${from}; { ${fields.join(', ')} })`;
}
