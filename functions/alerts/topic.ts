import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { required } from '../runtime/environment.ts';

/** SNS refuses longer subjects, and any line break or non-ASCII character in one. */
const LONGEST_SUBJECT = 100;

export function fitting(subject: string): string {
  return subject.replace(/[^\x20-\x7e]+/g, ' ').slice(0, LONGEST_SUBJECT);
}

const topicArn = required('TOPIC_ARN');
const client = new SNSClient({});

/** Tells everybody who subscribed to the alerts; gives the message's id. */
export async function publish(subject: string, text: string): Promise<string | undefined> {
  const message = new PublishCommand({ TopicArn: topicArn, Subject: fitting(subject), Message: text });
  return (await client.send(message)).MessageId;
}
