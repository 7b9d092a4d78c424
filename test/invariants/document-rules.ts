import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { HOST_RESULTS } from '../../functions/contract/host-results.ts';
import { statesOf } from './machine-rules.ts';
import type { SynthesizedApp } from './synthesized-app.ts';

interface Content {
  readonly schemaVersion: string;
  readonly parameters: Record<string, { type: string; interpolationType?: string; allowedPattern?: string; default?: string }>;
  readonly mainSteps: { readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: string[] } }[];
}

const LARGEST_DOCUMENT = 64 * 1024;
/** Added to what a machine gives by host-command itself. */
const ADDED = ['attempt', 'executionTimeout'];

/**
 * A document is put together from several files, so it has variables that come as its parameters (SC2154; the rule about undeclared
 * parameters stands for it) and functions that this one calls with fewer arguments (SC2119, SC2120).
 */
const NOT_IN_A_DOCUMENT = 'SC2154,SC2119,SC2120';

export function documentRules(app: SynthesizedApp): void {
  const prefix = `${app.suite}-backup-`;
  const documents = app.ofType('AWS::SSM::Document').map(({ properties }) => ({
    name: String(properties.Name),
    properties,
    content: properties.Content as Content,
    script: (properties.Content as Content).mainSteps[0]!.inputs.runCommand.join('\n'),
  }));

  describe('every document', () => {
    it('has a result that is known, and every known result a document', () => {
      expect(documents.map(({ name }) => name).sort()).toEqual(
        Object.keys(HOST_RESULTS)
          .map((name) => `${prefix}${name}`)
          .sort(),
      );
    });

    it.each(documents)('$name is small enough, gets new versions and states its time', ({ properties, content }) => {
      expect(Buffer.byteLength(JSON.stringify(content))).toBeLessThan(LARGEST_DOCUMENT);
      expect(properties.UpdateMethod).toBe('NewVersion');
      expect(content.schemaVersion).toBe('2.2');
      expect(content.mainSteps).toHaveLength(1);
      expect(content.mainSteps[0]!.inputs.timeoutSeconds).toBe('{{ executionTimeout }}');
      expect(Number(content.parameters.executionTimeout!.default)).toBeGreaterThan(0);
    });

    it.each(documents)('$name takes parameters only as environment variables of a known form', ({ content }) => {
      for (const [name, parameter] of Object.entries(content.parameters)) {
        expect(name).toMatch(/^[A-Za-z][A-Za-z0-9]*$/);
        expect(parameter.type).toBe('String');
        expect(parameter.allowedPattern).toMatch(/^\^.*\$$/);
        if (name !== 'executionTimeout') expect(parameter.interpolationType).toBe('ENV_VAR');
      }
    });

    it.each(documents)('$name has nothing pasted into its text', ({ content }) => {
      expect(JSON.stringify(content).match(/\{\{.*?\}\}/g)).toEqual(['{{ executionTimeout }}']);
    });

    it.each(documents)('$name uses no parameter that it does not declare', ({ content, script }) => {
      const used = [...script.matchAll(/\bSSM_([A-Za-z][A-Za-z0-9_]*)\b(?!:-)/g)].map((match) => match[1]!);
      const decoded = [...script.matchAll(/^\s*decode(?:_list)? \w+ (\w+)/gm)].map((match) => match[1]!);
      const known = [...Object.keys(content.parameters), 'COMMAND_ID'];
      expect([...used, ...decoded].filter((name) => !known.includes(name))).toEqual([]);
    });

    it.each(documents)('$name is bash that can be read to its end', ({ script }) => {
      expect(() => execFileSync('bash', ['-n'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] })).not.toThrow();
    });

    it('passes shellcheck', () => {
      expect(documents.flatMap(({ name, script }) => findingsOf(name, script))).toEqual([]);
    });
  });

  describe('a step that sends a document', () => {
    const steps = statesOf(app).flatMap(({ machine, name, json }) => {
      const input = (json.Arguments as { Input?: { document?: string; parameters?: unknown } } | undefined)?.Input;
      return input?.document ? [{ machine, name, document: input.document, parameters: input.parameters }] : [];
    });
    const fixed = steps.filter(({ document }) => !document.startsWith('{%'));

    it('names one that exists', () => {
      expect(steps.length).toBeGreaterThan(0);
      expect(fixed.filter(({ document }) => !documents.some(({ name }) => name === `${prefix}${document}`))).toEqual([]);
    });

    it.each(fixed.filter(({ parameters }) => typeof parameters === 'object'))(
      '$machine: "$name" gives exactly the parameters that are declared',
      ({ document, parameters }) => {
        const declared = documents.find(({ name }) => name === `${prefix}${document}`)!.content.parameters;
        expect([...Object.keys(parameters as object), ...ADDED].sort()).toEqual(Object.keys(declared).sort());
      },
    );
  });
}

function findingsOf(name: string, script: string): string[] {
  try {
    execFileSync('shellcheck', ['--shell=bash', '--format=gcc', `--exclude=${NOT_IN_A_DOCUMENT}`, '-'], {
      input: script,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return [];
  } catch (error) {
    const { stdout, message } = error as { stdout?: Buffer; message: string };
    return (stdout?.toString() || message)
      .trim()
      .split('\n')
      .map((line) => line.replace(/^-/, name));
  }
}
