import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Puts scripts before real tools, so that a test can make a tool misbehave as it does in the field. */
export interface ToolReplacement {
  /** `script` is bash; `"$REAL" "$@"` calls the tool it stands before. Replacing a tool again replaces the script. */
  replace(tool: string, script: string): Promise<void>;
  /** Takes all scripts away. */
  reset(): Promise<void>;
}

/** The text of a script that stands before a tool. `real` is bash that prints the tool's path. */
export function scriptBefore(real: string, script: string): string {
  return `#!/bin/bash\nREAL=${real}\nexport REAL\n${script}\n`;
}

/** Writes an executable in one step: a running one of the same name goes on as it was. */
export async function writeExecutable(folder: string, name: string, text: string): Promise<void> {
  const draft = join(folder, `.${name}.new`);
  await writeFile(draft, text);
  await chmod(draft, 0o755);
  await rename(draft, join(folder, name));
}

export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
