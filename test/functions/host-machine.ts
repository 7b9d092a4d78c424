import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderScript } from '../../lib/platform/host-script.ts';

/** Stores what it reads if it sees the end of the stream, as the real one does; one that is ended before that leaves nothing. */
export const AWS = `#!/bin/bash
object=$STORED/\${4##*/}
cat >"$object.part" && mv "$object.part" "$object"
`;

/** What documents are told where nothing is encrypted. */
const IN_CLEAR = {
  encryption: 'none',
  recipients: '',
  passphraseFile: '',
  sealed: 'none',
  runKey: '',
  opener: '',
  header: '',
  headerBytes: '0',
};

/** How long one document may take, with all it started, on a busy machine. */
const LONGEST_SECONDS = '120';

/** A machine on which host documents run alone: their text as it is sent, tools of the test before the real ones, a folder for what they store. */
export class HostMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'host-machine-'));
  readonly #tools = join(this.folder, 'tools');
  readonly #stored = join(this.folder, 'stored');

  constructor(tools: Record<string, string>) {
    for (const name of ['tools', 'stored', 'tmp']) mkdirSync(join(this.folder, name));
    this.tool('aws', AWS);
    for (const [name, text] of Object.entries(tools)) this.tool(name, text);
  }

  /** Puts a script before a tool of the machine, or takes it away again. */
  tool(name: string, text: string | null): void {
    const path = join(this.#tools, name);
    rmSync(path, { force: true });
    if (text === null) return;
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }

  /** Runs a document as the SSM agent does, without some tools; `said` is its one line of JSON. What an earlier one stored is gone. */
  run(
    script: string,
    parameters: Record<string, string>,
    lacking: readonly string[] = [],
  ): { status: number | null; said: Said; log: string } {
    rmSync(this.#stored, { recursive: true });
    mkdirSync(this.#stored);
    const path = join(this.folder, 'document.sh');
    writeFileSync(path, renderScript(script));
    const variables = Object.entries({ ...IN_CLEAR, ...parameters }).map(([name, value]) => [`SSM_${name}`, value]);
    const { status, stdout, stderr } = spawnSync('timeout', ['--kill-after=1', LONGEST_SECONDS, 'bash', path], {
      encoding: 'utf8',
      env: {
        PATH: `${this.#tools}:${lacking.length === 0 ? process.env.PATH : this.#pathWithout(lacking)}`,
        TMPDIR: join(this.folder, 'tmp'),
        STORED: this.#stored,
        ...Object.fromEntries(variables),
      },
    });
    const lines = stdout.split('\n').filter((line) => line !== '');
    if (lines.length !== 1)
      throw new Error(`${script} said ${lines.length} lines and ended with ${status}:\n${stdout}\n${stderr}`);
    return { status, said: JSON.parse(lines[0]!) as Said, log: stderr };
  }

  /** A folder with a link to every other tool of this machine. */
  #pathWithout(lacking: readonly string[]): string {
    const links = mkdtempSync(join(this.folder, 'path-'));
    for (const folder of (process.env.PATH ?? '').split(':').filter((name) => existsSync(name))) {
      for (const name of readdirSync(folder)) {
        if (!lacking.includes(name) && !existsSync(join(links, name))) symlinkSync(join(folder, name), join(links, name));
      }
    }
    return links;
  }

  /** Names of the whole objects in the vault. */
  get stored(): string[] {
    return readdirSync(this.#stored)
      .filter((name) => !name.endsWith('.part'))
      .sort();
  }

  object(name: string): Buffer {
    return readFileSync(join(this.#stored, name));
  }

  /** What lies in TMPDIR. */
  get leftovers(): string[] {
    return existsSync(join(this.folder, 'tmp')) ? readdirSync(join(this.folder, 'tmp')) : [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Said {
  artifacts?: {
    role: string;
    key: string;
    compression: string;
    bytes: number;
    rawBytes: number | null;
    sha256: string;
    chunkBytes: number;
    chunks: string[];
  }[];
  error?: { name: string; message: string };
  warnings?: { name: string; message: string }[];
}

/** Free text as a document gets it. */
export function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
