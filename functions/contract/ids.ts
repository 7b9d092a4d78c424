/** A recovery point's id is its UTC start, `20261123T020000Z`: it sorts by time and carries no `:` (S3 keys, execution names). */
export const ID_PATTERN = /^\d{8}T\d{6}Z$/;

export function isId(text: string): boolean {
  return ID_PATTERN.test(text) && !Number.isNaN(timeOf(text).getTime()) && idOf(timeOf(text)) === text;
}

export function idOf(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

export function timeOf(id: string): Date {
  const at = (from: number, to: number) => id.slice(from, to);
  return new Date(`${at(0, 4)}-${at(4, 6)}-${at(6, 8)}T${at(9, 11)}:${at(11, 13)}:${at(13, 15)}Z`);
}

/** `2026-11-23T02:00:00Z`: the form of every time in manifests, proofs and JSON output (whole seconds). */
export function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** id = max(now, newest + 1 s): a clock that was set back breaks no order. `clockBehind` tells that it was. */
export function nextId(now: Date, newest: string | undefined): { id: string; clockBehind: boolean } {
  const id = idOf(now);
  if (newest === undefined || id > newest) return { id, clockBehind: false };
  return { id: idOf(new Date(timeOf(newest).getTime() + 1000)), clockBehind: idOf(new Date(now.getTime() + 60_000)) < newest };
}
