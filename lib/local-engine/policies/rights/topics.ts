import { arn, type Place } from '../../assembly/place.ts';
import type { Topics } from '../../sns/topics.ts';
import type { Right, RightsTable } from '../right.ts';

/** SNS. Who publishes to an encrypted topic uses its key. */
export function topicRights(place: Place, topics: Topics): RightsTable {
  const account = (action: string) => (): Right[] => [{ action: `sns:${action}`, resource: arn(place, 'sns', '*') }];
  return {
    Publish: ({ TopicArn, TargetArn }) => publishingRights(topics, String(TopicArn ?? TargetArn)),
    ListTopics: account('ListTopics'),
    ListSubscriptions: account('ListSubscriptions'),
    ListSubscriptionsByTopic: ({ TopicArn }) => [{ action: 'sns:ListSubscriptionsByTopic', resource: String(TopicArn) }],
  };
}

export function publishingRights(topics: Topics, topicArn: string): Right[] {
  const key = topics.keyOf(topicArn);
  const context = { 'kms:encryptioncontext:aws:sns:topicarn': topicArn, 'kms:encryptioncontextkeys': ['aws:sns:topicArn'] };
  return [
    { action: 'sns:Publish', resource: topicArn },
    ...(key === undefined
      ? []
      : ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({ action, resource: key, context, via: 'sns' }))),
  ];
}
