/** An answer of `docker` that is an error: its words go to stderr (or to stdout, as Docker itself does in one case), its code to the caller. */
export class Failure extends Error {
  readonly exitCode: number;
  readonly stream: 'stdout' | 'stderr';

  constructor(exitCode: number, message: string, stream: 'stdout' | 'stderr' = 'stderr') {
    super(message);
    this.exitCode = exitCode;
    this.stream = stream;
  }
}
