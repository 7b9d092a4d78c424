import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

let bundles: ReadonlyMap<string, Uint8Array> | undefined;

/**
 * Calls `use` with a folder that holds `index.mjs`: one handler with all it imports (the AWS SDK too: the runtime's own changes without
 * notice). The same sources give the same bytes. The folder is gone afterwards, so `use` has to copy it. `digest` stands for the bytes:
 * CDK, asked to take one itself, keeps it in the user's home folder.
 */
export function withBundle<Result>(entry: string, use: (folder: string, digest: string) => Result): Result {
  bundles ??= bundleAll();
  const code = bundles.get(entry);
  if (!code) throw new Error(`${entry} is not a file with "export const handler".`);
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    writeFileSync(join(folder, 'index.mjs'), code);
    return use(folder, createHash('sha256').update(code).digest('hex'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All handlers in one run, on the first call: parsing the AWS SDK once instead of once for each is six times as fast. */
function bundleAll(): ReadonlyMap<string, Uint8Array> {
  const entries = globSync('functions/*/*.ts', { cwd: PROJECT_ROOT }).filter(isHandler).sort();
  const { outputFiles } = buildSync({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: entries,
    outdir: PROJECT_ROOT,
    outbase: PROJECT_ROOT,
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    loader: { '.sql': 'text' },
    alias: { 'node:http': join(PROJECT_ROOT, 'lib/platform/node-http.cjs') },
    banner: { js: REQUIRE },
    legalComments: 'none',
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path, contents }) => [relative(PROJECT_ROOT, path).replace(/\.js$/, '.ts'), contents]));
}

function isHandler(path: string): boolean {
  return /^export const handler\b/m.test(readFileSync(join(PROJECT_ROOT, path), 'utf8'));
}
