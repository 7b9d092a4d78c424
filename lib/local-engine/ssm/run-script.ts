import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A script on its way. `end` asks for its end (TERM to its whole group, after 5 s KILL) and may be called more than once. */
export interface RunningScript {
  /** The exit code (128 + n for a signal), or null when the supervisor itself was killed. Comes when the output is complete as well. */
  finished: Promise<number | null>;
  /** When no process of its group is left. */
  gone: Promise<void>;
  end(): void;
}

/** Where the output goes: whole lines as they come, without their newline. */
export interface Output {
  line(stream: 'stdout' | 'stderr', line: string): void;
  text(stream: 'stdout' | 'stderr', text: string): void;
}

// CloudWatch Logs takes at most 256 KB an event; a longer line is cut into pieces of this many characters (at most 3 bytes each).
const longestLine = 80_000;
// After the end of a script its last output is a matter of milliseconds, on a busy machine of more; a process it left behind may hold the pipes.
const drainMilliseconds = 5000;

/** Runs a script file below supervise.sh, in `folder`, with exactly the given environment. */
export function runScript(file: string, folder: string, environment: Record<string, string>, output: Output): RunningScript {
  const child = spawn('bash', [join(import.meta.dirname, 'supervise.sh'), file], {
    cwd: folder,
    env: environment,
    detached: true, // a session of its own: a kill of the engine's group must not reach it
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // nothing is ever written to it
  const stdout = read(child.stdout, 'stdout', output);
  const stderr = read(child.stderr, 'stderr', output);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve()); // no bash: `finished` is null
  });
  const code = (async () => {
    let said = '';
    for await (const chunk of child.stdio[3] as Readable) said += String(chunk);
    const match = /^exit (\d+)\n$/.exec(said);
    return match ? Number(match[1]) : null;
  })();
  const finished = code.then(async (result) => {
    const late = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, drainMilliseconds);
    await Promise.all([stdout, stderr]);
    clearTimeout(late);
    return result;
  });
  return { finished, gone, end: () => child.stdin.destroy() };
}

/** Passes a stream on as text and as lines; a character that a chunk cuts in two stays whole. */
function read(stream: Readable, name: 'stdout' | 'stderr', output: Output): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  const take = (text: string, last: boolean) => {
    if (text !== '') output.text(name, text);
    const lines = (pending + text).split('\n');
    pending = last ? '' : lines.pop()!;
    if (last && lines.at(-1) === '') lines.pop();
    for (let line of lines) {
      for (; line.length > longestLine; line = line.slice(longestLine)) output.line(name, line.slice(0, longestLine));
      output.line(name, line);
    }
    for (; pending.length > longestLine; pending = pending.slice(longestLine)) output.line(name, pending.slice(0, longestLine));
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk), false));
  return new Promise((resolve) => {
    stream.once('close', () => {
      take(decoder.end(), true);
      resolve();
    });
  });
}
