import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTopicCommand, ListSubscriptionsByTopicCommand, ListTopicsCommand, PublishCommand } from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { shopOptions, started } from '../foreign-engine.ts';

const shop = {
  Resources: {
    News: { Type: 'AWS::SNS::Topic', Properties: { Subscription: [{ Protocol: 'sms', Endpoint: '+10000' }] } },
    Reader: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'News' }, Protocol: 'email', Endpoint: 'a@example.org' },
    },
  },
  Outputs: { News: { Value: { Ref: 'News' } } },
};

test('messages lie in the outbox in the order they were published, also after a restart', async () => {
  const options = shopOptions(shop);
  for (const Message of ['one', 'two <&> "三"']) {
    const { engine, clients } = await started(options);
    await clients.topics.send(new PublishCommand({ TopicArn: engine.outputs('Shop').News, Message }));
    await engine.close();
  }
  const files = readdirSync(join(options.directory, 'outbox')).sort();
  const letters = files.map((file) => JSON.parse(readFileSync(join(options.directory, 'outbox', file), 'utf8')));
  expect(letters.map(({ message }) => message)).toEqual(['one', 'two <&> "三"']);
  expect(letters[0].subscriptions).toEqual([
    { protocol: 'sms', endpoint: '+10000' },
    { protocol: 'email', endpoint: 'a@example.org' },
  ]);
});

test('topics and subscriptions of the template are listed', async () => {
  const { engine, clients } = await started(shopOptions(shop));
  const TopicArn = engine.outputs('Shop').News;
  expect((await clients.topics.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn }]);
  const { Subscriptions } = await clients.topics.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(Subscriptions!.map(({ Protocol, Endpoint }) => [Protocol, Endpoint])).toEqual([
    ['sms', '+10000'],
    ['email', 'a@example.org'],
  ]);
});

test('with a message structure the default text is kept', async () => {
  const options = shopOptions(shop);
  const { engine, clients } = await started(options);
  const Message = JSON.stringify({ default: 'plain', email: 'long' });
  await clients.topics.send(new PublishCommand({ TopicArn: engine.outputs('Shop').News, Message, MessageStructure: 'json' }));
  const [file] = readdirSync(join(options.directory, 'outbox'));
  expect(JSON.parse(readFileSync(join(options.directory, 'outbox', file!), 'utf8')).message).toBe('plain');
});

test('what SNS refuses, and what the engine does not do, are errors', async () => {
  const { engine, clients } = await started(shopOptions(shop));
  const TopicArn = engine.outputs('Shop').News;
  const publish = (more: object) => clients.topics.send(new PublishCommand({ TopicArn, Message: 'x', ...more }));
  await expect(publish({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:none' })).rejects.toThrow(
    expect.objectContaining({ name: 'NotFoundException' }),
  );
  await expect(publish({ Subject: 'two\nlines' })).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidParameterException' }),
  );
  await expect(publish({ MessageGroupId: 'g' })).rejects.toThrow(/MessageGroupId/);
  await expect(clients.topics.send(new CreateTopicCommand({ Name: 'x' }))).rejects.toThrow(/SNS CreateTopic/);
});
