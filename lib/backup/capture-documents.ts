import type { Stack } from 'aws-cdk-lib';
import type { SourceKind } from '../../functions/contract/sources.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { parameters, SEAL_PARAMETERS } from '../platform/parameters.ts';

/** What every document that stores something gets. */
const STORE = ['bucket', 'prefix', 'source', 'expectedBytes', 'chunkBytes', ...SEAL_PARAMETERS] as const;
const SERVER = ['container', 'database', 'user', 'passwordVariable'] as const;

/** One document per kind of source; a source's parameters come from the plan (functions/backup/capture-parameters.ts). */
export function captureDocuments(
  stack: Stack,
  hostCommand: HostCommand,
  timeoutSeconds: number,
): Record<SourceKind, HostDocumentHandle> {
  const document = (kind: SourceKind, names: Parameters<typeof parameters>[0]) =>
    hostCommand.document(stack, `capture-${kind}`, {
      script: `functions/backup/capture-${kind}.sh`,
      parameters: parameters([...STORE, ...names]),
      timeoutSeconds,
    });
  return {
    database: document('database', [...SERVER, 'fingerprint', 'optional', 'plainSql']),
    globals: document('globals', [...SERVER]),
    volume: document('volume', ['volume', 'exclude']),
    path: document('path', ['container', 'path', 'exclude']),
    files: document('files', ['directory', 'include', 'exclude', 'optional']),
  };
}
