import * as z from 'zod';
import { agent } from '../runtime/handler.ts';

const counted = z.object({
  label: z.string(),
  rows: z.number().int().nonnegative(),
  tables: z.array(z.object({ table: z.string(), writes: z.number() })),
  files: z.number().int().nonnegative(),
});

const input = z.object({ discardNewWrites: z.boolean(), counted: z.array(counted) });

/** Whether a restore may be undone without losing what was written since. */
export const handler = agent(input, ({ discardNewWrites, counted: all }) => {
  const written = all.filter(({ rows, files }) => rows > 0 || files > 0);
  if (written.length === 0 || discardNewWrites) return { outcome: 'Go' };
  const rows = written.reduce((sum, one) => sum + one.rows, 0);
  const files = written.reduce((sum, one) => sum + one.files, 0);
  const amounts = [rows > 0 && plural(rows, 'row'), files > 0 && plural(files, 'file')].filter((amount) => amount !== false);
  const where = written.map(({ label, tables, files: own }) => {
    const parts = [...tables.map(({ table, writes }) => `${table}: ${writes}`), ...(own > 0 ? [plural(own, 'file')] : [])];
    return `${label} (${parts.join(', ')})`;
  });
  const message = `${amounts.join(' and ')} ${rows + files === 1 ? 'was' : 'were'} written since the restore: ${where.join('; ')}.`;
  return { outcome: 'Refused', name: 'NewWrites', message };
});

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
