import { exitCodeOf, hintOf, type OperatorError, type Problem } from './operator-error.ts';

/** The frame of every document (DESIGN §9b); a verb's own keys follow it. */
export interface Frame {
  schema: string;
  suite: string | null;
  ok: boolean;
  exitCode: number;
  error: { name: string; message: string; hint: string; problems: Problem[] } | null;
}

/** The one document of a call. Its keys are the same whether the verb succeeded or not: `fields` carries nulls where nothing is known. */
export function documentOf<Fields extends object>(
  verb: string,
  suite: string | null,
  error: OperatorError | null,
  fields: Fields,
): Frame & Fields {
  return {
    schema: `suite-backup.${verb}.v1`,
    suite,
    ok: error === null,
    exitCode: error === null ? 0 : exitCodeOf(error.name),
    error: error && { name: error.name, message: error.message, hint: hintOf(error.name), problems: error.problems },
    ...fields,
  };
}
