import { type Assembly, resourcesOf } from '../assembly/read-assembly.ts';
import type { Topic } from './topics.ts';

/** The topics of an assembly with their subscriptions, those inside the topic and those beside it. */
export function topicsOfAssembly(assembly: Assembly): Topic[] {
  const separate = resourcesOf(assembly, 'AWS::SNS::Subscription');
  return resourcesOf(assembly, 'AWS::SNS::Topic').map(({ ref: arn, properties }) => {
    const inline = (properties.Subscription ?? []) as { Protocol: string; Endpoint: string }[];
    const subscriptions = [
      ...inline.map(({ Protocol, Endpoint }, index) => ({
        protocol: Protocol,
        endpoint: Endpoint,
        arn: `${arn}:inline-${index}`,
      })),
      ...separate
        .filter((subscription) => subscription.properties.TopicArn === arn)
        .map(({ logicalId, properties: { Protocol, Endpoint } }) => ({
          protocol: String(Protocol),
          endpoint: String(Endpoint),
          arn: `${arn}:${logicalId}`,
        })),
    ];
    const key = properties.KmsMasterKeyId as string | undefined;
    return { arn, subscriptions, ...(key !== undefined && { key }) };
  });
}
