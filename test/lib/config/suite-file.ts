import { parseSuite } from '../../../lib/config/parse-suite.ts';
import { type Problem, SuiteInvalid } from '../../../lib/config/suite-invalid.ts';

/** The least that may be said about a suite on AWS. */
export const HOST = { instanceId: 'i-0123456789abcdef0', roleName: 'docker-host' };

export function suiteWith(changes: Record<string, unknown>): Record<string, unknown> {
  return { name: 'shop', host: HOST, sources: { volumes: [{ name: 'uploads' }] }, ...changes };
}

/** The problems that a suite file is refused with; fails when it is not refused. */
export function problemsOf(raw: unknown, options: Parameters<typeof parseSuite>[1] = { local: false }): readonly Problem[] {
  try {
    parseSuite(raw, options);
  } catch (error) {
    if (error instanceof SuiteInvalid) return error.problems;
    throw error;
  }
  throw new Error('The suite file was accepted.');
}
