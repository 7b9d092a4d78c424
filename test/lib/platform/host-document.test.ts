import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../../lib/platform/bundle.ts';
import { HostDocument } from '../../../lib/platform/host-document.ts';
import { renderScript } from '../../../lib/platform/host-script.ts';
import { resourcesOf, stack, templateOf } from './stack.ts';

// Scripts are named from the project's root; node_modules is the one folder there that nobody reads as source.
mkdirSync(join(PROJECT_ROOT, 'node_modules/.cache'), { recursive: true });
const folder = mkdtempSync(join(PROJECT_ROOT, 'node_modules/.cache/scripts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return relative(PROJECT_ROOT, path);
}

interface Content {
  parameters: Record<string, Record<string, string>>;
  mainSteps: { action: string; inputs: { timeoutSeconds: string; runCommand: string[] } }[];
}

function contentOf(
  path: string,
  more: { parameters?: Record<string, { description: string; pattern: string }>; timeoutSeconds?: number } = {},
) {
  const scope = stack();
  new HostDocument(scope, 'Document', {
    suite: 'shop',
    name: 'remove-scratch',
    script: path,
    parameters: {},
    timeoutSeconds: 60,
    ...more,
  });
  const [document] = resourcesOf(templateOf(scope), 'AWS::SSM::Document');
  return { properties: document!.Properties, content: document!.Properties.Content as Content };
}

describe('a document', () => {
  it('is a command of schema 2.2 under a fixed name that gets new versions', () => {
    const { properties } = contentOf(script('plain.sh', 'true\n'));
    expect(properties).toMatchObject({
      Name: 'shop-backup-remove-scratch',
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
      UpdateMethod: 'NewVersion',
      Content: { schemaVersion: '2.2' },
    });
  });

  it('takes every parameter as an environment variable of a known form', () => {
    const parameters = { bucket: { description: 'Bucket', pattern: '^[a-z0-9.-]+$' } };
    const { content } = contentOf(script('parameters.sh', 'true\n'), { parameters });
    const { executionTimeout, ...others } = content.parameters;
    expect(others).toEqual({
      bucket: { type: 'String', description: 'Bucket', allowedPattern: '^[a-z0-9.-]+$', interpolationType: 'ENV_VAR' },
      attempt: {
        type: 'String',
        description: expect.any(String),
        allowedPattern: '^[a-z0-9]{8}$',
        interpolationType: 'ENV_VAR',
      },
    });
    expect(executionTimeout).toMatchObject({ type: 'String', allowedPattern: '^[0-9]{2,6}$', default: '60' });
    expect(content.mainSteps[0]).toMatchObject({
      action: 'aws:runShellScript',
      inputs: { timeoutSeconds: '{{ executionTimeout }}' },
    });
  });

  it.each([
    ['a parameter that cannot be the name of a variable', { parameters: { 'a-b': { description: '', pattern: '' } } }, /a-b/],
    ['a time that no document may run', { timeoutSeconds: 86_401 }, /86401/],
  ])('is refused with %s', (_, more, message) => {
    expect(() => contentOf(script('refused.sh', 'true\n'), more)).toThrow(message);
  });

  it('is refused when it is larger than SSM takes', () => {
    expect(() => contentOf(script('large.sh', `: ${'x'.repeat(64 * 1024)}\n`))).toThrow(/65536/);
  });
});

describe('the text that runs on the host', () => {
  it('begins with the prelude and knows the exit code of every error that a document may end with', () => {
    const text = renderScript(script('dies.sh', 'die SourceEmpty "nothing there"\n'));
    const run = () => execFileSync('bash', ['-c', text], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    let failure: { status?: number; stdout?: string } = {};
    try {
      run();
    } catch (error) {
      failure = error as typeof failure;
    }
    expect(failure.status).toBe(83);
    expect(JSON.parse(failure.stdout!)).toEqual({ error: { name: 'SourceEmpty', message: 'nothing there' } });
  });

  it('holds an included file in a variable, character by character', () => {
    const sql = "select '$HOME', `id`, \"a\\b\", '$(reboot)';\n\n  -- é\n";
    script('query.sql', sql);
    const text = renderScript(script('includes.sh', '# include query.sql as QUERY\nprintf %s "$QUERY" >&3\n'));
    expect(execFileSync('bash', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe(sql);
  });

  it('holds the functions of a sourced file, and of the files that one sources', () => {
    script('inner.sh', 'inner() { printf inner >&3; }\n');
    script('outer.sh', '# source inner.sh\nouter() { inner; }\n');
    const text = renderScript(script('sources.sh', '#!/usr/bin/env bash\n# source outer.sh\nouter\n'));
    expect(execFileSync('bash', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe('inner');
    expect(text.match(/^#!/gm)).toHaveLength(1);
  });

  it.each([
    ['a missing file', '# include none.sql as X\n', /none\.sql/],
    ['a missing script', '# source none.sh\n', /none\.sh/],
    ['what SSM takes for a parameter', "docker ps --format '{{.ID}}'\n", /\{\{/],
  ])('is refused with %s', (_, text, message) => {
    expect(() => renderScript(script('broken.sh', text))).toThrow(message);
  });

  it('is refused when an included file would end its own quotation', () => {
    script('ends.sql', 'select 1;\nEND_OF_INCLUDED_FILE\nreboot\n');
    expect(() => renderScript(script('quotes.sh', '# include ends.sql as X\n'))).toThrow(/END_OF_INCLUDED_FILE/);
  });
});
