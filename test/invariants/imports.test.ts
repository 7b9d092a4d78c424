import { describe, expect, it } from 'vitest';
import { type Import, importsOf, sourcesOf } from './sources.ts';

/** What a folder may import (DESIGN §4). Patterns are of paths from the root; `own` is the folder itself. */
interface Row {
  readonly folder: string;
  readonly files: string;
  readonly ours: readonly string[];
  /** Of these it may import types only. */
  readonly types?: readonly string[];
  readonly sdk: boolean;
  readonly cdk: boolean;
  /** Modules of Node that reach outside the process. */
  readonly io: boolean;
}

const CONTRACT = 'functions/contract/';
const ENCRYPTION = 'functions/encryption/';
const IO = /^node:(fs|fs\/promises|net|http|https|child_process|dgram|tls|worker_threads)$/;

const capabilities = (root: string, others: readonly string[]) =>
  [...new Set(sourcesOf(`${root}/*/**/*.ts`).map(({ path }) => path.split('/')[1]!))].filter((name) => !others.includes(name));

const TABLE: Row[] = [
  { folder: 'functions/contract', files: '**/*.ts', ours: [], sdk: false, cdk: false, io: false },
  // Pure as the contract: formats and keys, in and out as bytes (decision 33).
  { folder: 'functions/encryption', files: '**/*.ts', ours: [CONTRACT], sdk: false, cdk: false, io: false },
  { folder: 'functions/runtime', files: '**/*.ts', ours: [CONTRACT, ENCRYPTION], sdk: true, cdk: false, io: true },
  ...['postgres', 'files'].map((name) => ({
    folder: `functions/${name}`,
    files: '**/*.ts',
    ours: [CONTRACT],
    sdk: false,
    cdk: false,
    io: true,
  })),
  ...capabilities('functions', ['contract', 'encryption', 'runtime', 'postgres', 'files']).map((name) => ({
    folder: `functions/${name}`,
    files: '**/*.ts',
    ours: [CONTRACT, ENCRYPTION, 'functions/runtime/', 'functions/postgres/', 'functions/files/'],
    sdk: true,
    cdk: false,
    io: true,
  })),
  { folder: 'lib/config', files: '**/*.ts', ours: [CONTRACT, ENCRYPTION], sdk: false, cdk: false, io: true },
  { folder: 'lib/platform', files: '**/*.ts', ours: [CONTRACT], sdk: false, cdk: true, io: true },
  ...capabilities('lib', ['config', 'platform', 'local-engine', 'operator']).map((name) => ({
    folder: `lib/${name}`,
    files: '**/*.ts',
    ours: [CONTRACT, 'lib/platform/'],
    types: ['lib/config/'],
    sdk: false,
    cdk: true,
    io: true,
  })),
  { folder: 'lib/local-engine', files: '**/*.ts', ours: [], sdk: false, cdk: false, io: true },
  { folder: 'lib/operator', files: '**/*.ts', ours: [CONTRACT], sdk: true, cdk: false, io: true },
  // The stacks put everything together.
  { folder: 'lib', files: '*.ts', ours: [CONTRACT, 'lib/'], sdk: false, cdk: true, io: true },
  { folder: 'bin', files: '**/*.ts', ours: ['lib/'], sdk: true, cdk: true, io: true },
];

function isAllowed(row: Row, { of, isOurs, isType }: Import): boolean {
  if (isOurs) {
    if (of.startsWith(`${row.folder}/`)) return true;
    return [...row.ours, ...(isType ? (row.types ?? []) : [])].some((prefix) => of.startsWith(prefix));
  }
  if (/^@aws-sdk\/|^@smithy\//.test(of)) return row.sdk;
  if (/^(aws-cdk-lib|constructs)(\/|$)/.test(of)) return row.cdk;
  return row.io || !IO.test(of);
}

describe('the import table', () => {
  it.each(TABLE)('holds for $folder/$files', (row) => {
    const imports = sourcesOf(`${row.folder}/${row.files}`).flatMap(importsOf);
    const wrong = imports.filter((one) => !isAllowed(row, one));
    expect(wrong.map(({ from, of }) => `${from} imports ${of}`)).toEqual([]);
  });

  it('has a row for every source of ours', () => {
    const covered = TABLE.flatMap(({ folder, files }) => sourcesOf(`${folder}/${files}`)).map(({ path }) => path);
    const all = sourcesOf('{bin,functions,lib}/**/*.ts').map(({ path }) => path);
    expect(all.filter((path) => !covered.includes(path))).toEqual([]);
  });

  it('sees every form of import', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b.ts';",
      "import './c.ts';",
      "export { d } from './d.ts';",
      "import {\n  e,\n} from 'e';",
      "const f = await import('node:fs');",
    ].join('\n');
    expect(importsOf({ path: 'lib/x/y.ts', text }).map(({ of, isType }) => `${of}${isType ? ' (type)' : ''}`)).toEqual([
      'lib/x/a.ts',
      'lib/b.ts (type)',
      'lib/x/c.ts',
      'lib/x/d.ts',
      'e',
      'node:fs',
    ]);
  });
});
