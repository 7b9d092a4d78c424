import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { HostOptions } from '../host-options.ts';
import { ServiceError } from '../service-error.ts';
import { commandAnswer, invocationAnswer, invocationListItem } from './answers.ts';
import { type Command, CommandStore } from './command-store.ts';
import { applyParameters, loadDocument, type ShellDocument } from './document.ts';
import { Executor } from './executor.ts';
import { Request } from './request.ts';

/** Run Command for the one host. */
export interface Ssm {
  /** Answers an API action with its output. Times are Dates: an HTTP front writes them as seconds, a state machine as ISO 8601. Throws ServiceErrors. */
  call(action: string, params: unknown): Promise<unknown>;
  /** Resolves when no command is under way and no process of one is left. */
  idle(): Promise<void>;
  /** Ends every command, as a cancellation does, and resolves when nothing of them is left. */
  close(): Promise<void>;
}

export interface SsmOptions {
  /** The content of each document (schema 2.2), by its name. A document that cannot be carried out is refused here. */
  documents: Record<string, unknown>;
  host: HostOptions;
  /** Put into every command's environment: the role's credentials, AWS_ENDPOINT_URL, AWS_REGION. */
  hostEnvironment: Record<string, string>;
  logs: { append(group: string, stream: string, line: string, at: number): void };
  /** Where commands and their scripts are kept. */
  directory: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

// An answer is held back this long if the command may end within it, so that a short one costs no Wait of a state machine.
const answerMilliseconds = 10_000;

export function createSsm(options: SsmOptions): Ssm {
  const service = new RunCommand(options);
  return { call: (action, params) => service.call(action, params), idle: () => service.idle(), close: () => service.close() };
}

class RunCommand {
  readonly #host: HostOptions;
  readonly #documents: Map<string, ShellDocument>;
  readonly #store: CommandStore;
  readonly #executor: Executor;
  readonly #now: () => number;
  #closed = false;

  constructor({ documents, directory, now = Date.now, host, ...more }: SsmOptions) {
    this.#host = host;
    this.#now = now;
    this.#documents = new Map(Object.entries(documents).map(([name, content]) => [name, loadDocument(name, content)]));
    this.#store = new CommandStore(join(directory, 'commands'), now());
    this.#executor = new Executor({ host, directory, now, ...more }, this.#store);
  }

  async call(action: string, params: unknown): Promise<unknown> {
    if (this.#closed) throw new ServiceError('InternalServerError', 'the engine is closing', 500);
    switch (action) {
      case 'SendCommand':
        return this.#sendCommand(params);
      case 'GetCommandInvocation':
        return this.#getCommandInvocation(params);
      case 'ListCommands':
        return this.#listCommands(params);
      case 'ListCommandInvocations':
        return this.#listCommandInvocations(params);
      case 'CancelCommand':
        return this.#cancelCommand(params);
      case 'DescribeInstanceInformation':
        return this.#describeInstanceInformation(params);
      default:
        throw new ServiceError('UnknownOperationException', `ssm:${action} is not supported here`);
    }
  }

  idle(): Promise<void> {
    return this.#executor.idle();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const command of this.#store.all()) this.#executor.cancel(command);
    await this.idle();
  }

  #sendCommand(params: unknown): { Command: unknown } {
    const known = ['DocumentName', 'InstanceIds', 'Parameters', 'TimeoutSeconds', 'Comment', 'CloudWatchOutputConfig'];
    const request = new Request('SendCommand', params, known);
    const document = this.#document(request.text('DocumentName'));
    const ids = request.texts('InstanceIds') ?? [];
    if (ids.length !== 1 || ids[0] !== this.#host.instanceId) {
      throw new ServiceError(
        'InvalidInstanceId',
        `the only managed instance here is ${this.#host.instanceId}, not ${JSON.stringify(ids)}`,
      );
    }
    const parameters = request.object('Parameters') as Record<string, string[]>;
    const { timeoutSeconds, variables } = applyParameters(document, parameters);
    const comment = request.optionalText('Comment') ?? '';
    if (comment.length > 100) throw request.refuse('Comment', 'at most 100 characters');
    const output = new Request('CloudWatchOutputConfig', request.object('CloudWatchOutputConfig'), [
      'CloudWatchLogGroupName',
      'CloudWatchOutputEnabled',
    ]);
    const command: Command = {
      id: randomUUID(),
      documentName: document.name,
      instanceId: ids[0],
      parameters,
      comment,
      deliverySeconds: request.integer('TimeoutSeconds', 30, 2_592_000, 3600),
      log: {
        group: output.optionalText('CloudWatchLogGroupName') ?? `/aws/ssm/${document.name}`,
        enabled: output.flag('CloudWatchOutputEnabled'),
      },
      requestedAt: this.#now(),
      startedAt: null,
      finishedAt: null,
      status: 'Pending',
      statusDetails: 'Pending',
      responseCode: -1,
      stdout: '',
      stderr: '',
    };
    this.#store.save(command);
    this.#executor.submit(command, document.script, timeoutSeconds, variables);
    return { Command: commandAnswer(command) };
  }

  async #getCommandInvocation(params: unknown): Promise<unknown> {
    const request = new Request('GetCommandInvocation', params, ['CommandId', 'InstanceId']);
    const command = this.#store.get(request.text('CommandId'));
    if (!command || request.text('InstanceId') !== command.instanceId)
      throw new ServiceError('InvocationDoesNotExist', 'the command does not exist, or did not go to that instance');
    if (command.status !== 'Cancelling') await this.#executor.ending(command, answerMilliseconds);
    return invocationAnswer(command);
  }

  #listCommands(params: unknown): unknown {
    const { items, next } = this.#list('ListCommands', params, []);
    return { Commands: items.map(commandAnswer), ...next };
  }

  #listCommandInvocations(params: unknown): unknown {
    const { request, items, next } = this.#list('ListCommandInvocations', params, ['Details']);
    const details = request.flag('Details');
    return { CommandInvocations: items.map((command) => invocationListItem(command, details)), ...next };
  }

  #list(action: string, params: unknown, more: string[]): { request: Request; items: Command[]; next: { NextToken?: string } } {
    const request = new Request(action, params, ['CommandId', 'InstanceId', 'Filters', 'MaxResults', 'NextToken', ...more]);
    const id = request.optionalText('CommandId');
    const instance = request.optionalText('InstanceId');
    const filters = request.filters('Filters', ['InvokedAfter', 'InvokedBefore', 'Status', 'DocumentName']);
    const time = (key: string) => {
      const value = filters.get(key);
      if (value !== undefined && Number.isNaN(Date.parse(value)))
        throw request.refuse('Filters', `times such as 2026-01-31T00:00:00Z for ${key}`);
      return value === undefined ? null : Date.parse(value);
    };
    const [after, before, status, document] = [
      time('InvokedAfter'),
      time('InvokedBefore'),
      filters.get('Status'),
      filters.get('DocumentName'),
    ];
    const found = this.#store
      .all()
      .filter((command) => (id === null || command.id === id) && (instance === null || command.instanceId === instance))
      .filter(({ requestedAt }) => (after === null || requestedAt > after) && (before === null || requestedAt < before))
      .filter(
        (command) =>
          (status === undefined || command.status === status) && (document === undefined || command.documentName === document),
      );
    if (id !== null && !this.#store.get(id)) throw new ServiceError('InvalidCommandId', `no command ${id}`);
    return { request, ...request.page(found) };
  }

  #cancelCommand(params: unknown): Record<string, never> {
    const request = new Request('CancelCommand', params, ['CommandId', 'InstanceIds']);
    const command = this.#store.get(request.text('CommandId'));
    if (!command) throw new ServiceError('InvalidCommandId', 'the command does not exist');
    const stranger = (request.texts('InstanceIds') ?? []).find((id) => id !== command.instanceId);
    if (stranger !== undefined) throw new ServiceError('InvalidInstanceId', `the command did not go to ${stranger}`);
    this.#executor.cancel(command);
    return {};
  }

  #describeInstanceInformation(params: unknown): unknown {
    const request = new Request('DescribeInstanceInformation', params, ['Filters', 'MaxResults', 'NextToken']);
    const wanted = request.valueFilters('Filters', ['InstanceIds']).get('InstanceIds');
    const { instanceId, roleName } = this.#host;
    const instance = {
      InstanceId: instanceId,
      PingStatus: 'Online',
      LastPingDateTime: new Date(this.#now()),
      AgentVersion: '3.3.3572.0',
      IsLatestVersion: true,
      PlatformType: 'Linux',
      ResourceType: instanceId.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance',
      IamRole: roleName,
      IPAddress: '127.0.0.1',
      ComputerName: hostname(),
    };
    const { items, next } = request.page(!wanted || wanted.includes(instanceId) ? [instance] : []);
    return { InstanceInformationList: items, ...next };
  }

  #document(name: string): ShellDocument {
    const document = this.#documents.get(name.replace(/^arn:[^/]*\//, ''));
    if (!document) throw new ServiceError('InvalidDocument', `no document ${name}`);
    return document;
  }
}
