import { stripVTControlCharacters, styleText } from 'node:util';

/** How to write for a person: `color` false gives the same text without escape sequences. */
export interface Style {
  color: boolean;
  now: Date;
}

type Format = Parameters<typeof styleText>[0];

export function paint(style: Style, format: Format, text: string): string {
  return style.color ? styleText(format, text, { validateStream: false }) : text;
}

/** ✓, ✗ or the like in the colour of the verdict. */
export function mark(style: Style, verdict: 'good' | 'bad' | 'open'): string {
  if (verdict === 'good') return paint(style, 'green', '✓');
  return verdict === 'bad' ? paint(style, 'red', '✗') : paint(style, 'yellow', '•');
}

/** `1.2 GB`: decimal units, as disks and S3's bills count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  if (seconds < 59.95) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `3 h ago`, `in 12 min`: one unit is enough to judge by. */
export function ageText(style: Style, time: string): string {
  const seconds = (style.now.getTime() - Date.parse(time)) / 1000;
  const size = Math.abs(seconds);
  const [unit, length] = size < 90 ? ['s', 1] : size < 5400 ? ['min', 60] : size < 129_600 ? ['h', 3600] : ['days', 86_400];
  const amount = `${Math.round(size / length)} ${unit}`;
  return seconds >= 0 ? `${amount} ago` : `in ${amount}`;
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Columns as wide as their widest cell; columns named in `right` are aligned right; columns without any value are left out. */
export function table(
  style: Style,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const shown = header.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ''));
  const widths = header.map((name, column) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[column] ?? ''))));
  const line = (cells: readonly string[]) =>
    shown
      .map((column) => {
        const cell = cells[column] ?? '';
        const padding = ' '.repeat(widths[column]! - widthOf(cell));
        return right.includes(header[column]!) ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [paint(style, 'dim', line(header)), ...rows.map(line)].join('\n');
}

/** Lines of `name   value`; entries without a value are left out. */
export function facts(style: Style, entries: readonly (readonly [string, string | null])[]): string {
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== null && entry[1] !== '');
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${paint(style, 'dim', name.padEnd(width))}  ${value}`).join('\n');
}
