import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERRORS, type ErrorEntry } from '../../functions/contract/errors.ts';
import { PROJECT_ROOT } from './bundle.ts';

const PRELUDE = 'functions/runtime/host-prelude.sh';
const SHEBANG = '#!/usr/bin/env bash';
/** Directives, each a comment line of its own. Paths are relative to the folder of the file that names them. */
const ERROR_TABLE = '# error table';
const SOURCE = /^# source (\S+\.sh)$/;
const INCLUDE = /^# include (\S+) as ([A-Za-z_][A-Za-z0-9_]*)$/;
const HEREDOC_END = 'END_OF_INCLUDED_FILE';

/**
 * The text that runs on the host: the prelude with the exit codes of the error table, then the script. A line `# source FILE` becomes
 * that file's text, once in a script however often it is named; `# include FILE as NAME` puts its text into the variable NAME.
 * @throws when a file is missing, or when `{{` occurs, which SSM would take for a parameter.
 */
export function renderScript(script: string): string {
  const prelude = rendered(PRELUDE, new Set());
  if (prelude[0] !== SHEBANG) throw new Error(`${PRELUDE}: the first line must be ${SHEBANG}.`);
  const lines = [...prelude, ...rendered(script, new Set()).filter((line) => line !== SHEBANG)];
  const braces = lines.findIndex((line) => line.includes('{{'));
  if (braces >= 0) throw new Error(`${script}: "{{" in "${lines[braces]}": SSM takes it for a parameter.`);
  return `${lines.join('\n')}\n`;
}

function rendered(path: string, sourced: Set<string>): string[] {
  if (sourced.has(path)) return [];
  sourced.add(path);
  return linesOf(path).flatMap((line) => {
    if (line === ERROR_TABLE) return exitCodes();
    const source = SOURCE.exec(line);
    if (source) return rendered(join(dirname(path), source[1]!), sourced);
    const include = INCLUDE.exec(line);
    if (include) return assignment(join(dirname(path), include[1]!), include[2]!);
    return [line];
  });
}

/** A quoted here-document: nothing in the text is expanded. `read` ends with status 1 at the end of its input, as it is meant to. */
function assignment(path: string, variable: string): string[] {
  const text = linesOf(path);
  if (text.includes(HEREDOC_END)) throw new Error(`${path}: a line says ${HEREDOC_END}, which would end the included text.`);
  return [`IFS= read -r -d '' ${variable} <<'${HEREDOC_END}' || true`, ...text, HEREDOC_END];
}

function exitCodes(): string[] {
  const codes = Object.entries<ErrorEntry>(ERRORS).filter(([, { document }]) => document !== undefined);
  return ['declare -gA EXIT_OF=(', ...codes.map(([name, { document }]) => `  [${name}]=${document}`), ')'];
}

function linesOf(path: string): string[] {
  return readFileSync(join(PROJECT_ROOT, path), 'utf8').trimEnd().split('\n');
}
