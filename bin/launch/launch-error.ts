/** A failure before the engine runs. The operator's command knows what its name means: exit code and advice are in the error table. */
export class LaunchError extends Error {
  readonly problems: readonly { path: string; value?: unknown; message: string }[];

  constructor(name: string, message: string, problems: LaunchError['problems'] = []) {
    super(message);
    this.name = name;
    this.problems = problems;
  }
}
