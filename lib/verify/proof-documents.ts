import type { Stack } from 'aws-cdk-lib';
import type { HostDocument } from '../../functions/contract/host-results.ts';
import type { HostCommand } from '../platform/host-command.ts';
import type { HostDocumentHandle } from '../platform/host-document.ts';
import { type ParameterName, parameters, SEAL_PARAMETERS, WAY_PARAMETERS } from '../platform/parameters.ts';

const STORE: ParameterName[] = ['bucket', 'prefix', 'chunkBytes', ...SEAL_PARAMETERS];
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
  readonly makeKey: HostDocumentHandle;
  readonly removeKey: HostDocumentHandle;
}

/** The key of a run, which what opens a stored object is encrypted for on its way to the host. */
function keyDocuments(stack: Stack, hostCommand: HostCommand, timeoutSeconds: number) {
  const document = (name: HostDocument, names: ParameterName[]) =>
    hostCommand.document(stack, name, {
      script: `functions/encryption/${name}.sh`,
      parameters: parameters(names),
      timeoutSeconds,
    });
  return {
    makeKey: document('make-key', ['suite', 'account', 'owner', ...SEAL_PARAMETERS]),
    removeKey: document('remove-key', ['runKey']),
  };
}

/** What the host does for a proof: PostgreSQL's own tools run there, from presigned URLs, in a server of the source's image. */
export function proofDocuments(stack: Stack, hostCommand: HostCommand, timeoutSeconds: number): ProofDocuments {
  const document = (name: HostDocument, names: ParameterName[]) =>
    hostCommand.document(stack, name, { script: `functions/verify/${name}.sh`, parameters: parameters(names), timeoutSeconds });
  return {
    startScratch: document('start-scratch', [
      ...SCRATCH,
      'bucket',
      'prefix',
      'image',
      'address',
      'firstPort',
      'lastPort',
      'sharedPreloadLibraries',
    ]),
    restoreRoles: document('restore-roles', [...SCRATCH, ...STORE, 'source', ...WAY_PARAMETERS]),
    listArchive: document('list-archive', [...SCRATCH, ...WAY_PARAMETERS]),
    restoreDatabase: document('restore-database', [...SCRATCH, 'database', ...WAY_PARAMETERS]),
    describeSchema: document('describe-schema', [...SCRATCH, ...STORE, 'source', 'database', ...WAY_PARAMETERS]),
    fingerprintScratch: document('fingerprint-scratch', [...SCRATCH, ...STORE, 'source', 'database', 'fingerprint', 'checks']),
    loadPlainSql: document('load-plain-sql', [...SCRATCH, ...STORE, 'source', 'database', 'fingerprint', ...WAY_PARAMETERS]),
    listReferences: document('list-references', [...SCRATCH, ...STORE, 'source', 'database', 'statements']),
    removeScratch: document('remove-scratch', ['suite', 'account']),
    ...keyDocuments(stack, hostCommand, timeoutSeconds),
  };
}
