import type { Headers } from '../../s3/body.ts';
import type { ObjectCall } from '../../s3/call.ts';
import { unquoted } from '../../s3/conditions.ts';
import { parseTagHeader } from '../../s3/tags.ts';
import type { Tag } from '../../s3/version.ts';
import type { Context } from '../condition.ts';
import type { Right } from '../right.ts';
import { ofObject } from './s3-target.ts';

/** PutObject and CompleteMultipartUpload make an object. With `If-Match` they also tell something about the one that is there. */
export function creationRights(call: ObjectCall): Right[] {
  const match = call.headers.get('if-match');
  const conditions = {
    's3:objectcreationoperation': 'true',
    's3:if-none-match': call.headers.get('if-none-match'),
    's3:if-match': match && unquoted(match),
  };
  return [...writing(call, conditions), ...(match === undefined ? [] : ofObject(call, 'GetObject'))];
}

/** An upload that only begins makes no object, but says what the object will be. */
export function beginningRights(call: ObjectCall): Right[] {
  return writing(call, { 's3:objectcreationoperation': 'false' });
}

/** A part makes no object either. */
export function partRights(call: ObjectCall): Right[] {
  return ofObject(call, 'PutObject', { 's3:objectcreationoperation': 'false' });
}

export function requestedTags(tags: readonly Tag[]): Context {
  return {
    ...Object.fromEntries(tags.map(({ key, value }) => [`s3:requestobjecttag/${key.toLowerCase()}`, value])),
    ...(tags.length > 0 && { 's3:requestobjecttagkeys': tags.map(({ key }) => key) }),
  };
}

function writing(call: ObjectCall, conditions: Context): Right[] {
  const { headers } = call;
  const tagging = headers.has('x-amz-tagging');
  const tags = requestedTags(parseTagHeader(headers.get('x-amz-tagging')));
  const lock = requestedLock(headers);
  const locks = headers.has('x-amz-object-lock-mode') || headers.has('x-amz-object-lock-retain-until-date');
  return [
    ...ofObject(call, 'PutObject', { ...conditions, ...tags, ...lock, ...said(headers) }),
    ...(tagging ? ofObject(call, 'PutObjectTagging', tags) : []),
    ...(locks ? ofObject(call, 'PutObjectRetention', lock) : []),
    ...(headers.has('x-amz-object-lock-legal-hold') ? ofObject(call, 'PutObjectLegalHold', lock) : []),
  ];
}

const KEYS_OF_HEADERS = [
  'x-amz-acl',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
];

/** What the request itself says; the defaults of the bucket are no part of it. */
function said(headers: Headers): Context {
  return Object.fromEntries(KEYS_OF_HEADERS.map((name) => [`s3:${name}`, headers.get(name)]));
}

const DAY = 86_400_000;

/** What a lock asks for. */
export function lockContext({ mode, until }: { mode: string | undefined; until: string | undefined }): Context {
  return {
    's3:object-lock-mode': mode,
    's3:object-lock-retain-until-date': until,
    's3:object-lock-remaining-retention-days': until && String(Math.floor((Date.parse(until) - Date.now()) / DAY)),
  };
}

function requestedLock(headers: Headers): Context {
  const mode = headers.get('x-amz-object-lock-mode');
  const until = headers.get('x-amz-object-lock-retain-until-date');
  return {
    's3:object-lock-legal-hold': headers.get('x-amz-object-lock-legal-hold'),
    ...lockContext({ mode, until }),
  };
}
