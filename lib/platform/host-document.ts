import { basename } from 'node:path';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { HostDocument as HostDocumentName } from '../../functions/contract/host-results.ts';
import { machineName } from '../../functions/contract/names.ts';
import { renderScript } from './host-script.ts';

export interface HostDocumentProps {
  /** Path from the project root, `functions/<capability>/<name>.sh`. */
  readonly script: string;
  /** What the script finds as `SSM_<name>`; names `[A-Za-z][A-Za-z0-9]*`. `attempt` is added by itself. */
  readonly parameters: Record<string, { readonly description: string; readonly pattern: string }>;
  /** At most 24 hours. */
  readonly timeoutSeconds: number;
}

/** What a step needs to know of a document. */
export interface HostDocumentHandle {
  readonly name: HostDocumentName;
  readonly timeoutSeconds: number;
  /** The declared parameters, without `attempt` and `executionTimeout`, which host-command adds. */
  readonly parameters: readonly string[];
}

/** SSM refuses larger documents. */
const LARGEST_DOCUMENT = 64 * 1024;
/** A look at the command costs nine events of 25,000; one a minute for 24 hours leaves half of them (host-command.ts). */
const LONGEST_TIMEOUT = 86_400;
/** A script of ours as an SSM document. Every parameter is an environment variable: nothing is ever pasted into shell text. */
export class HostDocument extends Construct implements HostDocumentHandle {
  readonly name: HostDocumentName;
  readonly timeoutSeconds: number;
  readonly parameters: readonly string[];

  constructor(scope: Construct, id: string, props: HostDocumentProps & { suite: string; name: HostDocumentName }) {
    super(scope, id);
    this.name = props.name;
    this.timeoutSeconds = props.timeoutSeconds;
    this.parameters = Object.keys(props.parameters);
    if (props.timeoutSeconds > LONGEST_TIMEOUT) {
      throw new Error(`${props.script}: ${props.timeoutSeconds} s is more than a document may run (${LONGEST_TIMEOUT} s).`);
    }
    const content = contentOf(props);
    const size = Buffer.byteLength(JSON.stringify(content));
    if (size > LARGEST_DOCUMENT)
      throw new Error(`${props.script}: the document has ${size} bytes; SSM takes ${LARGEST_DOCUMENT}.`);
    new CfnDocument(this, 'Document', {
      name: documentName(props.suite, props.name),
      content,
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
    });
  }
}

export function documentName(suite: string, name: string): string {
  return machineName(suite, name);
}

function contentOf(props: HostDocumentProps) {
  const declared = {
    ...props.parameters,
    attempt: { description: 'Random name of this attempt: part of every key it writes.', pattern: '^[a-z0-9]{8}$' },
  };
  for (const name of Object.keys(declared)) {
    // SSM_COMMAND_ID is set by the agent itself.
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) throw new Error(`${props.script}: "${name}" cannot be a parameter's name.`);
  }
  return {
    schemaVersion: '2.2',
    description: basename(props.script, '.sh'),
    parameters: {
      ...Object.fromEntries(
        Object.entries(declared).map(([name, { description, pattern }]) => [
          name,
          { type: 'String', description, allowedPattern: pattern, interpolationType: 'ENV_VAR' },
        ]),
      ),
      executionTimeout: {
        type: 'String',
        description: 'Seconds the command may run.',
        allowedPattern: '^[0-9]{2,6}$',
        default: String(props.timeoutSeconds),
      },
    },
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'run',
        inputs: { timeoutSeconds: '{{ executionTimeout }}', runCommand: renderScript(props.script).split('\n') },
      },
    ],
  };
}
