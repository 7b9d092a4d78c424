import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSuiteFile } from '../../../lib/config/load-suite-file.ts';
import { SuiteInvalid } from '../../../lib/config/suite-invalid.ts';

const folder = mkdtempSync(join(tmpdir(), 'suite-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a suite file', () => {
  it.each([
    ['suite.json', '{ "name": "shop" }'],
    ['suite.mjs', "export default { name: 'shop' };"],
    ['suite.ts', "const suite: { name: string } = { name: 'shop' };\nexport default suite;"],
  ])('can be %s', async (name, text) => {
    expect(await loadSuiteFile(file(name, text))).toEqual({ name: 'shop' });
  });

  it.each([
    ['broken.json', '{ "name": '],
    ['broken.mjs', 'export default {'],
    ['empty.mjs', 'export const suite = {};'],
    ['suite.yaml', 'name: shop'],
  ])('that is %s is refused by name', async (name, text) => {
    await expect(loadSuiteFile(file(name, text))).rejects.toThrow(SuiteInvalid);
  });

  it('that does not exist is refused by name', async () => {
    await expect(loadSuiteFile(join(folder, 'none.ts'))).rejects.toThrow(/none\.ts/);
  });
});
