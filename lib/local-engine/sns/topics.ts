import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unknownAction } from '../front/json-protocol.ts';
import { ServiceError } from '../service-error.ts';

export interface Subscription {
  protocol: string;
  endpoint: string;
}

export interface Topic {
  arn: string;
  /** ARN, id or alias of the key that encrypts its messages. */
  key?: string;
  subscriptions: (Subscription & { arn: string })[];
}

/** AWS's limit for a message, in bytes. */
const messageLimitBytes = 262_144;
const publishParameters = ['TopicArn', 'TargetArn', 'Subject', 'Message', 'MessageStructure'];

/**
 * The topics of an assembly. Nothing is delivered: each published message becomes one file in the outbox folder,
 * `<time>-<n>.json` with `{ topicArn, subject, message, subscriptions, at }`, whose names sort in the order of publishing.
 */
export class Topics {
  readonly #topics: Map<string, Topic>;
  readonly #outbox: string;
  #published: number;

  constructor(topics: Topic[], outbox: string) {
    this.#topics = new Map(topics.map((topic) => [topic.arn, topic]));
    this.#outbox = outbox;
    mkdirSync(outbox, { recursive: true });
    this.#published = Math.max(0, ...readdirSync(outbox).map((file) => Number(/-(\d+)\.json$/.exec(file)?.[1] ?? 0)));
  }

  has(arn: string): boolean {
    return this.#topics.has(arn);
  }

  /** The key that encrypts the messages of a topic: ARN, id or alias. */
  keyOf(arn: string): string | undefined {
    return this.#topics.get(arn)?.key;
  }

  /** Publishes a message. `parameters` are those of the Publish action. @throws ServiceError NotFound, InvalidParameter */
  publish(parameters: Record<string, unknown>): { MessageId: string } {
    const unknown = Object.keys(parameters).filter((name) => !publishParameters.includes(name));
    if (unknown.length > 0)
      throw new ServiceError('InvalidParameter', `The engine does not know ${unknown.join(', ')} of Publish`);
    const topic = this.#topic(parameters.TopicArn ?? parameters.TargetArn);
    const { Message: message, Subject: subject } = parameters;
    if (typeof message !== 'string' || message === '')
      throw new ServiceError('InvalidParameter', 'Invalid parameter: Empty message');
    if (Buffer.byteLength(message) > messageLimitBytes)
      throw new ServiceError('InvalidParameter', 'Invalid parameter: Message too long');
    // SNS refuses subjects that e-mail could not carry.
    if (subject !== undefined && !/^[\x20-\x7e]{1,100}$/.test(String(subject))) {
      throw new ServiceError('InvalidParameter', 'Invalid parameter: Subject must be 1 to 100 printable ASCII characters');
    }
    const structured = parameters.MessageStructure === 'json';
    this.#write(topic, subject as string | undefined, structured ? defaultMessage(message) : message);
    return { MessageId: randomUUID() };
  }

  /** The SNS API as SDK clients call it. */
  async call(action: string, parameters: Record<string, unknown>): Promise<unknown> {
    const { Action: _action, Version: _version, ...rest } = parameters;
    switch (action) {
      case 'Publish':
        return this.publish(rest);
      case 'ListTopics':
        return { Topics: [...this.#topics.keys()].map((TopicArn) => ({ TopicArn })) };
      case 'ListSubscriptionsByTopic': {
        const topic = this.#topic(rest.TopicArn);
        return { Subscriptions: topic.subscriptions.map((subscription) => listed(topic, subscription)) };
      }
      case 'ListSubscriptions':
        return {
          Subscriptions: [...this.#topics.values()].flatMap((topic) => topic.subscriptions.map((one) => listed(topic, one))),
        };
      default:
        throw unknownAction('SNS', action);
    }
  }

  #topic(arn: unknown): Topic {
    const topic = this.#topics.get(String(arn));
    if (topic === undefined) throw new ServiceError('NotFound', `Topic does not exist: ${String(arn)}`, 404);
    return topic;
  }

  #write(topic: Topic, subject: string | undefined, message: string): void {
    const at = new Date();
    const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
    this.#published += 1;
    const file = join(this.#outbox, `${time}-${String(this.#published).padStart(6, '0')}.json`);
    const subscriptions = topic.subscriptions.map(({ protocol, endpoint }) => ({ protocol, endpoint }));
    const document = {
      topicArn: topic.arn,
      subject: subject ?? null,
      message,
      subscriptions,
      at: `${at.toISOString().slice(0, 19)}Z`,
    };
    writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`, { flag: 'wx' });
  }
}

function listed(topic: Topic, { arn, protocol, endpoint }: Subscription & { arn: string }): Record<string, string> {
  return {
    SubscriptionArn: arn,
    Owner: topic.arn.split(':')[4] ?? '',
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topic.arn,
  };
}

/** With `MessageStructure: json` the message is one text per protocol; `default` must be there. */
function defaultMessage(message: string): string {
  try {
    const { default: text } = JSON.parse(message) as { default?: unknown };
    if (typeof text === 'string') return text;
  } catch {
    // The same answer as for a missing default.
  }
  throw new ServiceError('InvalidParameter', 'Invalid parameter: Message Structure - no default entry in JSON message body');
}
