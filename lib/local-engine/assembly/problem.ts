/** Something in an assembly that the engine cannot carry out, with the place where it stands. */
export interface Problem {
  stack: string;
  /** The resource's, output's or parameter's name in the template; empty when the whole template is meant. */
  logicalId: string;
  /** Where in it, for example `Properties.Code.ZipFile`. */
  path: string;
  message: string;
}

/** All problems of an assembly at once. */
export class AssemblyRefused extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super(['The engine cannot carry out this assembly:', ...problems.map(sentence)].join('\n  '));
    this.name = 'AssemblyRefused';
    this.problems = problems;
  }
}

function sentence({ stack, logicalId, path, message }: Problem): string {
  const place = [stack, logicalId, path].filter((part) => part !== '').join(' / ');
  return `${place}: ${message}`;
}
