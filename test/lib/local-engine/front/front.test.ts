import { CreateActivityCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { roleResource } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';

const shop = { Resources: { Clerk: roleResource, Shelf: { Type: 'AWS::S3::Bucket', Properties: {} } } };

test('an action that the engine does not carry out is an error that names it, and is not tried again', async () => {
  const { clients } = await started(shopOptions(shop));
  const refused = await clients.states.send(new CreateActivityCommand({ name: 'x' })).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('Step Functions CreateActivity'),
    $metadata: { httpStatusCode: 501, attempts: 1 },
  });
});

test('a request with a wrong secret, or with an unknown key, is refused', async () => {
  const { engine } = await started(shopOptions(shop));
  const list = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    new SFNClient({ endpoint: engine.endpoint, region: engine.region, credentials }).send(new ListStateMachinesCommand({}));
  const { accessKeyId } = engine.operatorCredentials;
  await expect(list({ accessKeyId, secretAccessKey: 'guess' })).rejects.toThrow(
    expect.objectContaining({ name: 'SignatureDoesNotMatch' }),
  );
  await expect(list({ accessKeyId: 'AKIAX', secretAccessKey: 'guess' })).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidAccessKeyId' }),
  );
});

test('every role has credentials of its own', async () => {
  const { engine } = await started(shopOptions(shop));
  const keys = await Promise.all(['Shop-Clerk', 'warehouse-host'].map((role) => engine.credentialsFor(role)));
  expect(new Set([...keys, engine.operatorCredentials].map(({ accessKeyId }) => accessKeyId)).size).toBe(3);
  await expect(engine.credentialsFor('nobody')).rejects.toThrow('nobody');
});

test('a request that nobody signed is refused, whatever it asks for', async () => {
  const { engine } = await started(shopOptions(shop));
  expect((await fetch(`${engine.endpoint}/shop-shelf/anything`)).status).toBe(403);
  expect(
    (await fetch(engine.endpoint, { method: 'POST', headers: { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' } })).status,
  ).toBeGreaterThanOrEqual(400);
});

test('the engine listens on the loopback address only', async () => {
  const { engine } = await started(shopOptions(shop));
  expect(new URL(engine.endpoint).hostname).toBe('127.0.0.1');
});
