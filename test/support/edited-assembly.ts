import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

/** A statement of a policy, as far as tests change it. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/** The synthesized `cdk.out` of a home, changed by hand as a person could. Only while no command runs on that home. */
export class EditedAssembly {
  readonly #folder: string;
  readonly #suite: string;

  constructor(home: string, suite: string) {
    this.#folder = join(home, 'cdk.out');
    this.#suite = suite;
  }

  /** `name` as in the code: backup, prove, host-command. `edit` gets the definition in pieces, cut wherever an ARN is put in. */
  async machine(name: string, edit: (definition: string) => string): Promise<void> {
    await this.#resource('AWS::StepFunctions::StateMachine', 'StateMachineName', name, (properties) => {
      const [separator, parts] = (properties.DefinitionString as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
      const edited = parts.map((part) => (typeof part === 'string' ? edit(part) : part));
      if (JSON.stringify(edited) === JSON.stringify(parts)) throw new Error(`The edit changed nothing in the machine ${name}`);
      properties.DefinitionString = { 'Fn::Join': [separator, edited] };
    });
  }

  /** `edit` gets the script of a host document, such as capture-volume. */
  async document(name: string, edit: (script: string) => string): Promise<void> {
    await this.#resource('AWS::SSM::Document', 'Name', name, (properties) => {
      const { mainSteps } = properties.Content as { mainSteps: { inputs: { runCommand: string[] } }[] };
      const { inputs } = mainSteps[0]!;
      inputs.runCommand = edit(inputs.runCommand.join('\n')).split('\n');
    });
  }

  /** `edit` gets the bundle of a function, such as seal. */
  async function(name: string, edit: (code: string) => string): Promise<void> {
    await this.#resource('AWS::Lambda::Function', 'FunctionName', name, async (properties) => {
      const { S3Key } = properties.Code as { S3Key: string };
      const file = join(this.#folder, `asset.${S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
      await writeFile(file, edit(await readFile(file, 'utf8')));
    });
  }

  /** `edit` gets the statements of the policy of a role: of an agent or a machine by its name as in the code, of the host by its whole name. */
  async rights(role: string, edit: (statements: Statement[]) => Statement[]): Promise<void> {
    const { file, template } = await this.#template();
    const own = Object.entries(template.Resources).find(
      ([, { Type, Properties }]) => Type === 'AWS::IAM::Role' && Properties.RoleName === `${this.#suite}-backup-${role}`,
    );
    const wanted = JSON.stringify(own === undefined ? role : { Ref: own[0] });
    const found = Object.values(template.Resources).filter(
      ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles) === `[${wanted}]`,
    );
    if (found.length !== 1) throw new Error(`${file} holds ${found.length} policies of the role ${role}`);
    const document = found[0]!.Properties.PolicyDocument as { Statement: Statement[] };
    document.Statement = edit(document.Statement);
    await writeFile(file, JSON.stringify(template, undefined, 1));
  }

  /** `edit` gets the statements of the policy of a key of the vault: of that which encrypts, or of that which signs. */
  async keyPolicy(which: 'encrypts' | 'signs', edit: (statements: Statement[]) => Statement[]): Promise<void> {
    const { file, template } = await this.#template('vault');
    const keys = Object.values(template.Resources).filter(
      ({ Type, Properties }) => Type === 'AWS::KMS::Key' && (Properties.KeyUsage === 'SIGN_VERIFY') === (which === 'signs'),
    );
    if (keys.length !== 1) throw new Error(`${file} holds ${keys.length} such keys`);
    const document = keys[0]!.Properties.KeyPolicy as { Statement: Statement[] };
    document.Statement = edit(document.Statement);
    await writeFile(file, JSON.stringify(template, undefined, 1));
  }

  /** Takes one action from a role, wherever it stands. */
  async withoutRight(role: string, action: string): Promise<void> {
    await this.rights(role, (statements) => {
      const left = statements
        .map((statement) => ({ ...statement, Action: [statement.Action].flat().filter((one) => one !== action) }))
        .filter(({ Action }) => Action.length > 0);
      const has = statements.some((statement) => [statement.Action].flat().includes(action));
      if (!has) throw new Error(`${role} has no right to ${action}`);
      return left;
    });
  }

  /** `edit` gets the statements of the vault's bucket policy. */
  async vaultPolicy(edit: (statements: Statement[]) => Statement[]): Promise<void> {
    const { file, template } = await this.#template('vault');
    const resources = Object.entries(template.Resources);
    const [vault] = resources.find(([, { Type, Properties }]) => Type === 'AWS::S3::Bucket' && Properties.ObjectLockEnabled)!;
    const [, policy] = resources.find(
      ([, { Type, Properties }]) => Type === 'AWS::S3::BucketPolicy' && (Properties.Bucket as { Ref: string }).Ref === vault,
    )!;
    const document = policy.Properties.PolicyDocument as { Statement: Statement[] };
    document.Statement = edit(document.Statement);
    await writeFile(file, JSON.stringify(template, undefined, 1));
  }

  /** Whole names of all roles that the assembly makes. */
  async roles(): Promise<string[]> {
    const templates = (await readdir(this.#folder)).filter((file) => file.endsWith('.template.json'));
    const texts = await Promise.all(templates.map((file) => readFile(join(this.#folder, file), 'utf8')));
    return texts.flatMap((text) =>
      Object.values((JSON.parse(text) as Template).Resources).flatMap(({ Type, Properties }) =>
        Type === 'AWS::IAM::Role' && typeof Properties.RoleName === 'string' ? [Properties.RoleName] : [],
      ),
    );
  }

  async #template(stack: 'backup' | 'vault' = 'backup'): Promise<{ file: string; template: Template }> {
    const file = join(this.#folder, `${this.#suite}-${stack}.template.json`);
    return { file, template: JSON.parse(await readFile(file, 'utf8')) as Template };
  }

  async #resource(
    type: string,
    nameProperty: string,
    name: string,
    edit: (properties: Record<string, unknown>) => void | Promise<void>,
  ): Promise<void> {
    const wanted = `${this.#suite}-backup-${name}`;
    const templates = (await readdir(this.#folder)).filter((file) => file.endsWith('.template.json'));
    const found: { file: string; template: Template; properties: Record<string, unknown> }[] = [];
    for (const file of templates.map((each) => join(this.#folder, each))) {
      const template = JSON.parse(await readFile(file, 'utf8')) as Template;
      for (const { Type, Properties } of Object.values(template.Resources)) {
        if (Type === type && Properties[nameProperty] === wanted) found.push({ file, template, properties: Properties });
      }
    }
    if (found.length !== 1) throw new Error(`${this.#folder} holds ${found.length} of ${type} named ${wanted}`);
    const { file, template, properties } = found[0]!;
    await edit(properties);
    await writeFile(file, JSON.stringify(template, undefined, 1));
  }
}
