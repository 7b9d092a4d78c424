type Level = 'info' | 'warn' | 'error';

/** One JSON line to the function's log. Never pass a presigned URL, a password or a whole event: log readers see everything. */
export function log(level: Level, message: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(`${JSON.stringify({ level, message, ...fields })}\n`);
}
