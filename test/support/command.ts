import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

export interface CommandOptions {
  input?: string | Uint8Array;
  /** The whole environment; this process's own unless given. */
  env?: Record<string, string | undefined>;
}

/** What a command wrote to stdout. @throws Error with its stderr when it ends with anything but 0 */
export async function commandBytes(command: readonly string[], options: CommandOptions = {}): Promise<Buffer> {
  const [program, ...args] = command;
  const child = spawn(program!, args, { stdio: 'pipe', env: options.env ?? process.env });
  // A program that does not read its input to the end is judged by its exit code, not by the broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  const [stdout, stderr, exitCode] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${stderr.toString().trim()}`);
  return stdout;
}

/** The same as text, without the newline at its end. */
export async function command(words: readonly string[], options: CommandOptions = {}): Promise<string> {
  return (await commandBytes(words, options)).toString().replace(/\n$/, '');
}
