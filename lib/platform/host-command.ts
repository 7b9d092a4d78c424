import { Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { HostDocument as HostDocumentName } from '../../functions/contract/host-results.ts';
import { Agent } from './agent.ts';
import { hostCommandStates } from './host-command-states.ts';
import { HostDocument, type HostDocumentHandle, type HostDocumentProps } from './host-document.ts';
import { expression, isExpression, term } from './jsonata.ts';
import { Workflow } from './workflow.ts';

export interface HostCommandProps {
  readonly suite: string;
  readonly instanceId: string;
  /** Default: three months. */
  readonly logRetention?: logs.RetentionDays;
}

export interface HostStepOptions {
  /** A document, or a JSONata expression that yields the short name of one. */
  readonly document: HostDocumentHandle | string;
  /** Values by name (text or JSONata, never numbers), or one JSONata expression for all of them. */
  readonly parameters: Record<string, unknown> | string;
  /** Stem of the child execution's name: text or a JSONata expression. */
  readonly name: string;
  /** Text or a JSONata expression; at most 100 characters reach SSM. The command is found by it later, so it names the run. */
  readonly comment: string;
  readonly assign?: Record<string, unknown>;
  /** Default: the document's result. */
  readonly outputs?: unknown;
}

/** The machine is stopped only by this if everything inside it fails to: longer than the longest document and its retries. */
const TIMEOUT_SECONDS = 26 * 3600;

/** The one place that speaks SSM: a machine that sends a document to the host, waits for it, reads its result and judges it. */
export class HostCommand extends Construct {
  readonly workflow: Workflow;
  readonly logGroup: logs.LogGroup;
  private readonly suite: string;
  private readonly documents = new Map<string, HostDocumentHandle>();

  constructor(scope: Construct, id: string, props: HostCommandProps) {
    super(scope, id);
    this.suite = props.suite;
    this.logGroup = new logs.LogGroup(this, 'HostLog', {
      logGroupName: `/${props.suite}-backup/host`,
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const readResult = new Agent(this, 'ReadResult', {
      suite: props.suite,
      name: 'read-result',
      entry: 'functions/runtime/read-result.ts',
    });
    this.workflow = new Workflow(this, 'Workflow', {
      suite: props.suite,
      name: 'host-command',
      comment: 'Runs one document on the host and judges what became of it',
      timeoutSeconds: TIMEOUT_SECONDS,
      body: hostCommandStates(this, { ...props, logGroup: this.logGroup.logGroupName, readResult }),
    });
  }

  /** Makes the SSM document of a script, in a stack that the machine's own waits for; a name can be used once. */
  document(stack: Stack, name: HostDocumentName, props: HostDocumentProps): HostDocumentHandle {
    const document = new HostDocument(stack, name, { ...props, suite: this.suite, name });
    if (stack !== Stack.of(this)) Stack.of(this).addStackDependency(stack);
    this.documents.set(name, document);
    return document;
  }

  /** A state of another machine that runs a document on the host, as a child execution of its own. */
  step(scope: Construct, stateName: string, options: HostStepOptions): tasks.StepFunctionsStartExecution {
    const { document, parameters } = options;
    if (typeof document !== 'string' && typeof parameters !== 'string') requireSame(stateName, document, Object.keys(parameters));
    return this.workflow.startedBy(scope, stateName, {
      name: options.name,
      input: {
        document: typeof document === 'string' ? document : document.name,
        parameters,
        timeoutSeconds: typeof document === 'string' ? this.timeoutOf(document) : document.timeoutSeconds,
        comment: options.comment,
        step: stateName,
      },
      assign: options.assign,
      outputs: options.outputs ?? expression('$states.result.Output.result'),
    });
  }

  /** Looked up when the state runs, in a table of all documents: a Map over sources learns the document's name only then. */
  private timeoutOf(document: string): string {
    if (!isExpression(document)) throw new Error(`"${document}" is neither a document nor a JSONata expression.`);
    return Lazy.string({
      produce: () => {
        const table = Object.fromEntries([...this.documents].map(([name, { timeoutSeconds }]) => [name, timeoutSeconds]));
        return expression(`$lookup(${JSON.stringify(table)}, ${term(document)})`);
      },
    });
  }
}

function requireSame(stateName: string, document: HostDocumentHandle, given: string[]): void {
  const missing = document.parameters.filter((name) => !given.includes(name));
  const unknown = given.filter((name) => !document.parameters.includes(name));
  if (missing.length + unknown.length === 0) return;
  throw new Error(`"${stateName}" gives ${document.name} the wrong parameters: missing ${missing}; unknown ${unknown}.`);
}
