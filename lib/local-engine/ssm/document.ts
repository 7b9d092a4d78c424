import { ServiceError } from '../service-error.ts';

/** A document that has been checked: what to run, for how long, and which parameters it takes. */
export interface ShellDocument {
  name: string;
  /** The lines of the script. */
  script: string;
  /** Seconds, or null where the parameter executionTimeout says it. */
  timeoutSeconds: number | null;
  parameters: Record<string, ParameterDefinition>;
}

interface ParameterDefinition {
  default: string | null;
  allowedPattern: RegExp | null;
  allowedValues: string[] | null;
  /** Whether the script gets it as the variable SSM_<name>. */
  isVariable: boolean;
}

/**
 * Checks the content of a schema 2.2 Command document with exactly one aws:runShellScript step. Whatever is not known here is an error that names it:
 * a key that is silently ignored would be a document that behaves differently on AWS.
 */
export function loadDocument(name: string, content: unknown): ShellDocument {
  const at = (where: string) => `document ${name}: ${where}`;
  const top = object(at('content'), content, ['schemaVersion', 'description', 'parameters', 'mainSteps']);
  if (top.schemaVersion !== '2.2')
    throw new Error(`${at('schemaVersion')} must be "2.2", not ${JSON.stringify(top.schemaVersion)}`);
  const parameters = Object.fromEntries(
    Object.entries(top.parameters === undefined ? {} : object(at('parameters'), top.parameters)).map(([key, value]) => [
      key,
      parameter(at(`parameters.${key}`), key, value),
    ]),
  );
  const steps = top.mainSteps;
  if (!Array.isArray(steps) || steps.length !== 1) throw new Error(`${at('mainSteps')} must hold exactly one step`);
  const step = object(at('mainSteps[0]'), steps[0], ['action', 'name', 'inputs']);
  if (step.action !== 'aws:runShellScript')
    throw new Error(`${at('mainSteps[0].action')} must be aws:runShellScript, not ${JSON.stringify(step.action)}`);
  if (typeof step.name !== 'string' || !/^[A-Za-z0-9]+$/.test(step.name))
    throw new Error(`${at('mainSteps[0].name')} must be letters and digits`);
  const inputs = object(at('mainSteps[0].inputs'), step.inputs, ['runCommand', 'timeoutSeconds']);
  const lines = inputs.runCommand;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string'))
    throw new Error(`${at('mainSteps[0].inputs.runCommand')} must be a list of strings`);
  const interpolated = lines.findIndex((line) => line.includes('{{'));
  if (interpolated >= 0)
    throw new Error(
      `${at(`mainSteps[0].inputs.runCommand[${interpolated}]`)} holds {{, which SSM would replace: ${lines[interpolated]}`,
    );
  return {
    name,
    script: `${lines.join('\n')}\n`,
    timeoutSeconds: timeout(at('mainSteps[0].inputs.timeoutSeconds'), inputs.timeoutSeconds, parameters),
    parameters,
  };
}

function object(where: string, value: unknown, known?: string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} must be an object`);
  const unknown = known && Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`${where}.${unknown} is not known here`);
  return value as Record<string, unknown>;
}

function parameter(where: string, name: string, value: unknown): ParameterDefinition {
  const given = object(where, value, ['type', 'description', 'default', 'allowedPattern', 'allowedValues', 'interpolationType']);
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) throw new Error(`${where}: a parameter's name is letters and digits`);
  if (name === 'COMMAND_ID') throw new Error(`${where}: the agent itself sets SSM_COMMAND_ID`);
  if (given.type !== 'String') throw new Error(`${where}.type must be String, not ${JSON.stringify(given.type)}`);
  if (given.interpolationType !== undefined && given.interpolationType !== 'ENV_VAR')
    throw new Error(`${where}.interpolationType must be ENV_VAR`);
  if (given.default !== undefined && (typeof given.default !== 'string' || given.default.includes('{{')))
    throw new Error(`${where}.default must be a string without {{`);
  if (given.allowedPattern !== undefined && typeof given.allowedPattern !== 'string')
    throw new Error(`${where}.allowedPattern must be a string`);
  const values = given.allowedValues;
  if (values !== undefined && !(Array.isArray(values) && values.every((each) => typeof each === 'string')))
    throw new Error(`${where}.allowedValues must be a list of strings`);
  return {
    default: given.default ?? null,
    allowedPattern: given.allowedPattern === undefined ? null : new RegExp(given.allowedPattern),
    allowedValues: values ?? null,
    isVariable: given.interpolationType === 'ENV_VAR',
  };
}

function timeout(where: string, value: unknown, parameters: Record<string, ParameterDefinition>): number | null {
  if (value === undefined) return 3600; // the plugin's default
  if (typeof value === 'string' && /^\{\{ ?executionTimeout ?\}\}$/.test(value)) {
    if (!parameters.executionTimeout) throw new Error(`${where} names executionTimeout, which is no parameter`);
    // A variable is not put in place of {{ }}: the agent would read the timeout as 3600.
    if (parameters.executionTimeout.isVariable) throw new Error(`${where}: executionTimeout must not be an ENV_VAR parameter`);
    return null;
  }
  return seconds(where, value, (message) => new Error(message));
}

function seconds(where: string, value: unknown, failure: (message: string) => Error): number {
  const number = typeof value === 'string' && /^[0-9]{1,6}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 172_800) {
    throw failure(`${where} must be 1 to 172800 seconds, not ${JSON.stringify(value)}`);
  }
  return number;
}

/** What one call of a document comes to: its time in seconds and the variables that its script gets. Throws InvalidParameters. */
export function applyParameters(
  document: ShellDocument,
  given: Record<string, string[]>,
): { timeoutSeconds: number; variables: Record<string, string> } {
  const invalid = (message: string) => new ServiceError('InvalidParameters', message);
  const stray = Object.keys(given).find((name) => !Object.hasOwn(document.parameters, name));
  if (stray !== undefined) throw invalid(`document ${document.name} has no parameter ${stray}`);
  const values: Record<string, string> = {};
  for (const [name, definition] of Object.entries(document.parameters)) {
    const list = Object.hasOwn(given, name) ? given[name]! : definition.default === null ? [] : [definition.default];
    if (!Array.isArray(list) || list.length !== 1 || typeof list[0] !== 'string')
      throw invalid(`parameter ${name} needs exactly one value`);
    const value = list[0];
    if (value.includes('{{')) throw invalid(`parameter ${name} holds {{, which SSM would look up in Parameter Store`);
    if (value.includes('\0')) throw invalid(`parameter ${name} holds a NUL character`);
    if (definition.allowedPattern && !definition.allowedPattern.test(value))
      throw invalid(`parameter ${name} does not match its pattern ${definition.allowedPattern.source}`);
    if (definition.allowedValues && !definition.allowedValues.includes(value))
      throw invalid(`parameter ${name} is none of ${definition.allowedValues.join(', ')}`);
    values[name] = value;
  }
  const variables = Object.entries(values).filter(([name]) => document.parameters[name]!.isVariable);
  return {
    timeoutSeconds: document.timeoutSeconds ?? seconds('executionTimeout', values.executionTimeout, invalid),
    variables: Object.fromEntries(variables.map(([name, value]) => [`SSM_${name}`, value])),
  };
}
