import { expect, it, vi } from 'vitest';

vi.spyOn(process.stdout, 'write').mockReturnValue(true);
const { handler } = await import('../../../functions/restore/judge-undo.ts');
const judge = (discardNewWrites: boolean, counted: object[]) =>
  handler({ discardNewWrites, counted }, { awsRequestId: '1', getRemainingTimeInMillis: () => 1000 });
const ROWS = { label: 'database-shop', rows: 3, tables: [{ table: 'public.users', writes: 3 }], files: 0 };
const FILES = { label: 'volume-uploads', rows: 0, tables: [], files: 1 };

it('lets a restore be undone when nothing was written since, or when that may be lost', async () => {
  expect(await judge(false, [{ ...ROWS, rows: 0, tables: [] }])).toEqual({ outcome: 'Go' });
  expect(await judge(true, [ROWS])).toEqual({ outcome: 'Go' });
});

it('refuses otherwise and says how much would be lost, and where', async () => {
  expect(await judge(false, [ROWS, FILES])).toMatchObject({
    outcome: 'Refused',
    name: 'NewWrites',
    message: '3 rows and 1 file were written since the restore: database-shop (public.users: 3); volume-uploads (1 file).',
  });
});
