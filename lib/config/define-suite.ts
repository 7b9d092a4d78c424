import type { SuiteInput } from './suite-schema.ts';

/** Gives a suite file its types; changes nothing. A plain default-exported object is as good. `host` may come from the CDK context. */
export function defineSuite(input: SuiteDefinition): SuiteDefinition {
  return input;
}

export type SuiteDefinition = Omit<SuiteInput, 'host'> & { host?: Partial<SuiteInput['host']> };
