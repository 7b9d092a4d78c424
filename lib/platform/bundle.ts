import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

type Bundles = ReadonlyMap<string, Uint8Array>;

let bundles: Bundles | undefined;

/**
 * Calls `use` with a folder that holds `index.mjs`: one handler with all it imports (the AWS SDK too: the runtime's own changes without
 * notice). The same sources give the same bytes. The folder is gone afterwards, so `use` has to copy it. `digest` stands for the bytes:
 * CDK, asked to take one itself, keeps it in the user's home folder.
 */
export function withBundle<Result>(entry: string, use: (folder: string, digest: string) => Result): Result {
  bundles ??= kept() ?? keep(bundleAll());
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

/**
 * Bundles made before from the same sources, where SUITE_BACKUP_BUNDLES names a folder for them: a suite file changes oftener than the code, and
 * making them costs four seconds of one core.
 */
function kept(): Bundles | undefined {
  const folder = folderOfBundles();
  if (folder === undefined || !existsSync(folder)) return undefined;
  return new Map(readdirSync(folder).map((name) => [name.replaceAll('+', '/'), readFileSync(join(folder, name))]));
}

function keep(made: Bundles): Bundles {
  const folder = folderOfBundles();
  if (folder === undefined) return made;
  // Whole or not at all: others may look for it at the same time.
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  for (const [entry, code] of made) writeFileSync(join(draft, entry.replaceAll('/', '+')), code);
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true }); // somebody else was first
  }
  return made;
}

function folderOfBundles(): string | undefined {
  const folder = process.env.SUITE_BACKUP_BUNDLES;
  if (!folder) return undefined;
  const hash = createHash('sha256');
  const sources = globSync('functions/**/*.{ts,sql}', { cwd: PROJECT_ROOT }).sort();
  for (const path of [...sources, 'package-lock.json', 'lib/platform/bundle.ts']) {
    hash.update(`${path}\0`).update(readFileSync(join(PROJECT_ROOT, path)));
  }
  return join(folder, hash.digest('hex'));
}

/** All handlers in one run, on the first call: parsing the AWS SDK once instead of once for each is six times as fast. */
function bundleAll(): Bundles {
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
