import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ForeignStack, writeAssembly } from '../foreign-assembly.ts';

/** An assembly of one stack, `Shop`, for all tests of a file; its folder is removed after the last one. */
export function temporaryAssembly(stack: ForeignStack): { directory: string; assembly: string } {
  const directory = mkdtempSync(join(tmpdir(), 'local-engine-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, assembly: writeAssembly(join(directory, 'cdk.out'), { Shop: stack }) };
}
