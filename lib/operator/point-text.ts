import type { Point } from './point.ts';
import { ageText, bytesText, durationText, facts, mark, paint, type Style } from './text.ts';

/** ✓ for a point one can rely on, ✗ for one that cannot be restored, • for one that is not judged yet. */
export function pointMark(style: Style, point: Point): string {
  if (point.state === 'proven' && point.restorable) return mark(style, 'good');
  return point.state === 'failed' || point.state === 'unproven' ? mark(style, 'bad') : mark(style, 'open');
}

export function reasonText(point: Point): string {
  if (point.reason === null) return '';
  const { name, message, source } = point.reason;
  return `${name}${source === undefined ? '' : ` (${source})`}: ${message.split('\n')[0]}`;
}

/** `9/9`, with what is missing named. */
export function sourcesText({ sources }: Point): string {
  const { declared, captured, absent, failed } = sources;
  const missing = [absent > 0 && `${absent} absent`, failed > 0 && `${failed} failed`].filter((part) => part !== false);
  return `${captured}/${declared}${missing.length > 0 ? ` (${missing.join(', ')})` : ''}`;
}

export function proofText(style: Style, point: Point): string {
  if (point.lastProof === null) return '';
  const { ok, at, restoreSeconds } = point.lastProof;
  return ok ? `${ageText(style, at)}, restored in ${durationText(restoreSeconds)}` : `failed ${ageText(style, at)}`;
}

/** `daily until 2026-12-08`, `weekly, held: one of the newest proven`, `yearly for ever`. */
export function staysText({ retention, tier }: Point): string {
  if (retention === null) return tier ?? '';
  if (retention.hold === 'floor') return `${retention.tier}, held as one of the newest proven`;
  if (retention.hold === 'kept') return `${retention.tier}, kept`;
  if (retention.hold === 'pruned') return 'given up';
  return `${retention.tier} ${retention.expiresAt === null ? 'for ever' : `until ${retention.expiresAt.slice(0, 10)}`}`;
}

/** One point as a person reads it. */
export function pointText(style: Style, point: Point): string {
  const seconds = point.finishedAt === null ? null : (Date.parse(point.finishedAt) - Date.parse(point.startedAt)) / 1000;
  const title = `${pointMark(style, point)} ${paint(style, 'bold', point.id)}  ${point.state}, ${point.restorable ? 'restorable' : 'not restorable'}`;
  const details = facts(style, [
    ['reason', point.reason === null ? null : reasonText(point)],
    ['started', `${point.startedAt} (${ageText(style, point.startedAt)})`],
    ['took', seconds === null ? null : durationText(seconds)],
    ['size', point.bytes > 0 ? bytesText(point.bytes) : null],
    ['sources', sourcesText(point)],
    ['stays', staysText(point)],
    ['trigger', point.trigger],
    ['scheduled for', point.scheduledFor],
    ['label', point.label],
    ['proof', proofText(style, point)],
  ]);
  return `${title}\n${indent(details)}`;
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
