type Unit = 's' | 'ms' | 'MB' | 'MB/s';

/** One promise about speed or size, and how it was kept. */
export interface Row {
  what: string;
  unit: Unit;
  ours: number;
  /** The bare pipe, and the command of the old procedure. */
  bare: number | null;
  old: number | null;
  /** What the promise is about: ours over bare or over the plan, or old over ours; null where `ours` itself is. */
  ratio: number | null;
  mustBe: string;
  ok: boolean;
  /** Where the time went. */
  profile: string[];
}

export interface Limit {
  kind: 'at-most' | 'at-least';
  value: number;
}

interface Measured {
  what: string;
  unit: Unit;
  ours: number;
  bare?: number;
  old?: number;
  profile?: string[];
}

/** Ours against the bare pipe: at most so many times its time. */
export function againstBare(measured: Measured & { bare: number }, most: number): Row {
  const ratio = measured.ours / measured.bare;
  return row(measured, ratio, `≤ ${most.toFixed(2)} × bare`, ratio <= most);
}

/** Ours against the old procedure: at least so many times as fast. */
export function againstOld(measured: Measured & { old: number }, least: number): Row {
  const ratio = measured.old / measured.ours;
  return row(measured, ratio, `≥ ${least} × faster than old`, ratio >= least);
}

/** Ours against what was foretold: at most so many times that. */
export function againstPlan(measured: Measured, planned: number, most: number): Row {
  const ratio = measured.ours / planned;
  const what = `${measured.what} (plan: ${planned} s)`;
  return row({ ...measured, what }, ratio, `≤ ${most.toFixed(2)} × plan`, ratio <= most);
}

/** Ours against a number. */
export function absolute(measured: Measured, { kind, value }: Limit): Row {
  const ok = kind === 'at-most' ? measured.ours <= value : measured.ours >= value;
  return row(measured, null, `${kind === 'at-most' ? '≤' : '≥'} ${value} ${measured.unit}`, ok);
}

function row(measured: Measured, ratio: number | null, mustBe: string, ok: boolean): Row {
  const { what, unit, ours, bare = null, old = null, profile = [] } = measured;
  return { what, unit, ours, bare, old, ratio, mustBe, ok, profile };
}

/** The rows as text, and below it where the time of each missed one went. */
export function table(rows: readonly Row[]): string {
  const number = (value: number | null, unit = '') => (value === null ? '' : `${value.toFixed(value < 100 ? 2 : 0)}${unit}`);
  const head = ['what', 'ours', 'bare', 'old', 'ratio', 'must be', ''];
  const lines = rows.map(({ what, unit, ours, bare, old, ratio, mustBe, ok }) => [
    what,
    number(ours, ` ${unit}`),
    number(bare, ` ${unit}`),
    number(old, ` ${unit}`),
    number(ratio),
    mustBe,
    ok ? '✓' : '✗',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]!.length)));
  const format = (line: string[]) =>
    line
      .map((cell, column) => (column > 0 && column < 5 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const missed = rows.filter(({ ok, profile }) => !ok && profile.length > 0);
  const profiles = missed.map(
    ({ what, profile }) => `\nwhere the time went: ${what}\n${profile.map((line) => `  ${line}\n`).join('')}`,
  );
  return [format(head), ...lines.map(format)].join('\n').concat('\n', ...profiles);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Progress, for who waits. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
