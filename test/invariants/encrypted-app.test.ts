import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { matchesPattern } from '../../lib/local-engine/events/event-pattern.ts';
import { list, readable, STACKS, SynthesizedApp } from './synthesized-app.ts';

const PASSPHRASE = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:old/passphrase-a1B2c3';
const KMS_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const RECIPIENTS = [
  'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
  'age1tuspvmqdx0qkml5jnu2mhmgtu6kvhkzycs0jz49jymg6d3wsdehst0xsjn',
];

/** Who reads what was stored encrypted. Everybody else gets what these have found; the host gets one object's own key at a time. */
const OPEN = [
  'compare-database',
  'compare-files',
  'compare-roles',
  'compare-rows',
  'compare-schema',
  'compare-tree',
  'cross-check',
  'finish-plan',
  'judge-assess',
  'presign',
  'try-keys',
];

const app = new SynthesizedApp({
  sources: { databases: [{ name: 'engsuite', container: 'db' }], volumes: [{ name: 'uploads' }] },
  encryption: { mode: 'age', recipients: RECIPIENTS, privateKey: 'suite/private-key', passphrase: PASSPHRASE, kmsKey: KMS_KEY },
});
afterAll(() => app.remove());

const nameOf = (policy: string) => {
  const roles = list(app.resources.find(({ id }) => id === policy)?.properties.Roles);
  return String(app.target(roles[0])?.properties.RoleName ?? roles[0]).replace(`${app.suite}-backup-`, '');
};
const withAction = (pattern: RegExp) =>
  app.statements().filter(({ effect, actions }) => effect === 'Allow' && actions.some((action) => pattern.test(action)));

describe('the secrets of an encrypted suite', () => {
  const [secret] = app.ofType('AWS::SecretsManager::Secret');

  it('are made where the suite file gives a name, without a value, and outlive the stack', () => {
    expect(app.ofType('AWS::SecretsManager::Secret')).toHaveLength(1);
    expect(secret!.properties).toEqual({ Name: 'suite/private-key', Description: expect.any(String), KmsKeyId: KMS_KEY });
    expect(app.template('vault').Resources[secret!.id]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it('are read by exactly those agents that open what is stored, and given new values by the operator, who never sees one', () => {
    const rights = withAction(/^secretsmanager:/);
    expect(rights.map(({ of, actions }) => [nameOf(of), actions]).sort()).toEqual(
      [...OPEN.map((name) => [name, ['secretsmanager:GetSecretValue']]), ['operator', ['secretsmanager:PutSecretValue']]].sort(),
    );
    for (const { resources } of rights) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how `plain` writes a reference
      const made = 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:suite/private-key-??????';
      expect(readable(resources)).toEqual([made, PASSPHRASE]);
    }
  });

  it('have a key that the same use, through Secrets Manager only', () => {
    const rights = withAction(/^kms:/).filter(({ resources }) => resources.includes(KMS_KEY));
    expect(rights.map(({ of, actions }) => [nameOf(of), actions]).sort()).toEqual(
      [...OPEN.map((name) => [name, ['kms:Decrypt']]), ['operator', ['kms:GenerateDataKey', 'kms:Decrypt']]].sort(),
    );
    for (const { raw } of rights) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how `plain` writes a reference
      const service = 'secretsmanager.${AWS::Region}.${AWS::URLSuffix}';
      expect(readable(raw.Condition)).toEqual({ StringEquals: { 'kms:ViaService': service } });
    }
  });

  it('are named to nobody else: no other function, and not the one in the network of the host', () => {
    const told = app
      .ofType('AWS::Lambda::Function')
      .filter(({ properties }) => JSON.stringify(properties.Environment ?? {}).includes('_SECRET'));
    expect(told.map(({ properties }) => String(properties.FunctionName).replace(`${app.suite}-backup-`, '')).sort()).toEqual(
      OPEN,
    );
    const inNetwork = app.ofType('AWS::Lambda::Function').filter(({ properties }) => properties.VpcConfig);
    expect(inNetwork.map(({ properties }) => properties.FunctionName)).toEqual([`${app.suite}-backup-read-rows`]);
  });

  it('mean nothing to the host, whose rights are the same as without them', () => {
    const host = app.statements().filter(({ of }) => nameOf(of) === 'docker-host');
    expect(host.flatMap(({ actions }) => actions).filter((action) => /secretsmanager/.test(action))).toEqual([]);
    const keys = host
      .filter(({ actions }) => actions.some((action) => action.startsWith('kms:')))
      .flatMap(({ resources }) => resources);
    expect(readable(keys)).toEqual([`\${${app.ofType('AWS::KMS::Key')[0]!.id}.Arn}`]);
  });
});

describe('whoever changes what opens the points', () => {
  const [rule] = app.ofType('AWS::Events::Rule').filter(({ id }) => id.startsWith('VaultWatchSecretChanges'));
  const pattern = readable(rule!.properties.EventPattern) as Record<string, unknown>;
  const told = (eventName: string, secretId: string, readOnly = false) =>
    matchesPattern(pattern, {
      source: 'aws.secretsmanager',
      'detail-type': 'AWS API Call via CloudTrail',
      detail: { eventSource: 'secretsmanager.amazonaws.com', eventName, readOnly, requestParameters: { secretId } },
    });

  it.each(['DeleteSecret', 'PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'PutResourcePolicy'])(
    'is told of by %s, however it names the secret',
    (call) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how `plain` writes a reference
      const made = 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:suite/private-key';
      for (const id of ['suite/private-key', made, `${made}-a1B2c3`, 'old/passphrase', PASSPHRASE, PASSPHRASE.slice(0, -7)])
        expect(told(call, id), id).toBe(true);
    },
  );

  it('and not who changes another, or who reads: reads are no events', () => {
    expect(told('DeleteSecret', 'suite/other')).toBe(false);
    expect(told('GetSecretValue', 'suite/private-key', true)).toBe(false);
  });
});

describe('what an encrypted suite deploys', () => {
  it('holds no private key and no passphrase, only names of where they are', () => {
    for (const stack of STACKS) {
      const text = readFileSync(join(app.folder, `${app.suite}-${stack}.template.json`), 'utf8');
      expect(text).not.toMatch(/AGE-SECRET-KEY-1[A-Z0-9]|BEGIN PGP PRIVATE/);
    }
  });

  it('has no document that stores something without being told how to encrypt it', () => {
    const documents = app.ofType('AWS::SSM::Document').map(({ properties }) => {
      const { parameters, mainSteps } = properties.Content as {
        parameters: Record<string, unknown>;
        mainSteps: { inputs: { runCommand: string[] } }[];
      };
      const script = mainSteps[0]!.inputs.runCommand.join('\n');
      return {
        name: String(properties.Name),
        stores: /^store\(\)/m.test(script),
        uploads: script.includes('aws s3 cp'),
        parameters,
      };
    });
    const storing = documents.filter(({ stores }) => stores);
    expect(storing.length).toBeGreaterThan(10);
    for (const { name, parameters } of storing) expect(Object.keys(parameters), name).toContain('encryption');
    // The access to the scratch server, which goes with it: its reader has no key.
    const others = documents.filter(({ stores, uploads }) => uploads && !stores).map(({ name }) => name);
    expect(others).toEqual([`${app.suite}-backup-start-scratch`]);
  });

  it('says the same recipients in every machine that stores something, and never in clear where another is meant', () => {
    const encoded = Buffer.from(RECIPIENTS.map((recipient) => `${recipient}\0`).join('')).toString('base64');
    const machines = app.ofType('AWS::StepFunctions::StateMachine').map(({ properties }) => ({
      name: String(properties.StateMachineName).replace(`${app.suite}-backup-`, ''),
      text: JSON.stringify(properties.DefinitionString),
    }));
    const telling = machines.filter(({ text }) => text.includes(encoded)).map(({ name }) => name);
    expect(telling.sort()).toEqual(['assess', 'backup', 'plan-restore', 'prove', 'restore']);
  });
});
