import { spawn } from 'node:child_process';

/** A program that ended badly, with what it said. */
export class ProgramFailed extends Error {}

/** Runs a program to its end and gives its standard output. @throws ProgramFailed */
export async function run(
  program: string,
  args: readonly string[],
  options: { input?: string; cwd?: string } = {},
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: options.cwd });
  const [output, errors] = [[] as Buffer[], [] as Buffer[]];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status === 0) return Buffer.concat(output).toString();
  throw new ProgramFailed(
    `${program} ${args.slice(0, 3).join(' ')} ended with ${status}: ${Buffer.concat(errors).toString().slice(-800)}`,
  );
}
