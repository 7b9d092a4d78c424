import type { Stack } from 'aws-cdk-lib';
import type { HostDocument } from '../../functions/contract/host-results.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { type ParameterName, parameters } from '../platform/parameters.ts';

const STORE: ParameterName[] = ['bucket', 'prefix', 'chunkBytes'];
const SCRATCH: ParameterName[] = ['suite', 'proof', 'bootstrapUser'];

export interface ProofDocuments {
  readonly startScratch: HostDocumentHandle;
  readonly restoreRoles: HostDocumentHandle;
  readonly listArchive: HostDocumentHandle;
  readonly restoreDatabase: HostDocumentHandle;
  readonly describeSchema: HostDocumentHandle;
  readonly fingerprintScratch: HostDocumentHandle;
  readonly loadPlainSql: HostDocumentHandle;
  readonly listReferences: HostDocumentHandle;
  readonly removeScratch: HostDocumentHandle;
}

/** What the host does for a proof: PostgreSQL's own tools run there, from presigned URLs, in a server of the source's image. */
export function proofDocuments(stack: Stack, hostCommand: HostCommand, timeoutSeconds: number): ProofDocuments {
  const document = (name: HostDocument, names: ParameterName[]) =>
    hostCommand.document(stack, name, { script: `functions/verify/${name}.sh`, parameters: parameters(names), timeoutSeconds });
  return {
    startScratch: document('start-scratch', [
      ...SCRATCH,
      ...STORE,
      'image',
      'address',
      'firstPort',
      'lastPort',
      'sharedPreloadLibraries',
    ]),
    restoreRoles: document('restore-roles', [...SCRATCH, ...STORE, 'source', 'url']),
    listArchive: document('list-archive', [...SCRATCH, 'url']),
    restoreDatabase: document('restore-database', [...SCRATCH, 'database', 'url']),
    describeSchema: document('describe-schema', [...SCRATCH, ...STORE, 'source', 'database', 'url']),
    fingerprintScratch: document('fingerprint-scratch', [...SCRATCH, ...STORE, 'source', 'database', 'fingerprint', 'checks']),
    loadPlainSql: document('load-plain-sql', [...SCRATCH, ...STORE, 'source', 'database', 'fingerprint', 'url']),
    listReferences: document('list-references', [...SCRATCH, ...STORE, 'source', 'database', 'statements']),
    removeScratch: document('remove-scratch', ['suite', 'account']),
  };
}
