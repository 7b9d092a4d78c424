import type { OpenBucket } from './call.ts';
import { ruleId } from './lifecycle.ts';
import { dueAfter } from './lifecycle-dates.ts';
import { enabledRules, type LifecycleAction, planLifecycle } from './lifecycle-plan.ts';
import { S3Error } from './s3-error.ts';

/** What lifecycle did to one version or upload. */
export interface LifecycleEvent {
  at: string;
  bucket: string;
  key: string;
  /** `null` for an upload, which has an id of its own. */
  versionId: string | null;
  rule: string;
  what: string;
  /** The name of this in an access log. */
  operation: string;
}

/** As much of an open bucket as there is to it on the disk. */
type Stored = Pick<OpenBucket, 'bucket' | 'uploads'>;
type Done = Pick<LifecycleEvent, 'what' | 'operation'>;

/** S3's names for moves in an access log; into GLACIER it is a plain TRANSITION. */
const MOVES: Record<string, string> = {
  DEEP_ARCHIVE: 'S3.TRANSITION_GDA.OBJECT',
  GLACIER_IR: 'S3.TRANSITION_GIR.OBJECT',
  ONEZONE_IA: 'S3.TRANSITION_ZIA.OBJECT',
  STANDARD_IA: 'S3.TRANSITION_SIA.OBJECT',
};

/** Thrown where something has changed since it was planned: it is planned anew the next day. */
class Superseded extends Error {}

/**
 * Does what is due in a bucket now, and tells each thing as soon as it is done. What is due is asked again when the key's turn has come:
 * a version whose tags were changed in between stays.
 */
export async function carryOutLifecycle(
  { bucket, uploads }: Stored,
  now: Date,
  tell: (event: LifecycleEvent) => void,
): Promise<void> {
  const at = now.toISOString();
  const plan = (key: string): LifecycleAction[] => planLifecycle(bucket.properties, bucket.index.versionsOf(key), now);
  for (const key of [...bucket.index.keys]) {
    for (const action of plan(key)) {
      const { versionId } = action.version;
      const stillDue = (): void => {
        if (!plan(key).some((other) => other.what === action.what && other.version.versionId === versionId))
          throw new Superseded();
      };
      try {
        const done = await perform({ bucket, uploads }, action, stillDue);
        tell({ at, bucket: bucket.name, key, versionId, rule: action.rule, ...done });
      } catch (error) {
        const gone = error instanceof S3Error && error.code === 'NoSuchKey';
        if (!gone && !(error instanceof Superseded)) throw error;
      }
    }
  }
  await abortUploads({ bucket, uploads }, now, tell);
}

async function perform({ bucket }: Stored, action: LifecycleAction, stillDue: () => void): Promise<Done> {
  const { version, what } = action;
  if (what === 'move' && !version.deleteMarker) {
    const { storageClass } = action;
    await bucket.amend(version, () => {
      stillDue();
      return { storageClass, thawed: undefined };
    });
    const what = `moved from ${version.storageClass ?? 'STANDARD'} to ${storageClass}`;
    return { what, operation: MOVES[storageClass!] ?? 'S3.TRANSITION.OBJECT' };
  }
  if (what === 'expire') {
    const marker = await bucket.deleteKey(version.key, stillDue);
    if (marker === undefined) return { what: 'removed', operation: 'S3.EXPIRE.OBJECT' };
    return { what: `hidden by the delete marker ${marker.versionId}`, operation: 'S3.CREATE.DELETEMARKER' };
  }
  await bucket.deleteVersion(version.key, version.versionId, stillDue);
  return { what: version.deleteMarker ? 'delete marker removed' : 'removed', operation: 'S3.EXPIRE.OBJECT' };
}

/** An upload has neither tags nor a size yet: its key alone decides. */
async function abortUploads({ bucket, uploads }: Stored, now: Date, tell: (event: LifecycleEvent) => void): Promise<void> {
  const rules = enabledRules(bucket.properties).filter(({ AbortIncompleteMultipartUpload: abort }) => abort !== undefined);
  if (rules.length === 0) return;
  for (const { key, uploadId, initiated } of uploads.list()) {
    const rule = rules.find(({ Prefix = '', AbortIncompleteMultipartUpload: abort }) => {
      return key.startsWith(Prefix) && dueAfter(initiated, abort!.DaysAfterInitiation) <= now;
    });
    if (rule === undefined) continue;
    // Another of them was removed meanwhile, and this one may have been completed.
    if (!uploads.list().some((other) => other.uploadId === uploadId)) continue;
    await uploads.remove(uploads.get(key, uploadId));
    const what = `upload ${uploadId} aborted`;
    tell({
      at: now.toISOString(),
      bucket: bucket.name,
      key,
      versionId: null,
      rule: ruleId(rule),
      what,
      operation: 'S3.DELETE.UPLOAD',
    });
  }
}
