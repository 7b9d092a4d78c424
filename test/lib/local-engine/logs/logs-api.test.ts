import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeLogGroupsCommand, FilterLogEventsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { expect, test } from 'vitest';
import { LogFiles } from '../../../../lib/local-engine/logs/log-files.ts';
import { shopOptions, started } from '../foreign-engine.ts';

const group = '/shop/till';
const shop = { Resources: { Journal: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: group } } } };

/** An engine whose log group has two streams: `a/1` with ten lines, one a second, and `b` with one line between them. */
async function withLines() {
  const options = shopOptions(shop);
  const { clients } = await started(options);
  const files = new LogFiles(join(options.directory, 'engine', 'logs'), []);
  for (let second = 0; second < 10; second += 1) files.append(group, 'a/1', `sold ${second}`, second * 1000);
  files.append(group, 'b', 'returned 4\nnot wanted', 4500);
  return clients.logs;
}

test('groups of the template exist before anything is written', async () => {
  const { clients } = await started(shopOptions(shop));
  const { logGroups } = await clients.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/shop' }));
  expect(logGroups!.map(({ logGroupName }) => logGroupName)).toEqual([group]);
  expect((await clients.logs.send(new FilterLogEventsCommand({ logGroupName: group }))).events).toEqual([]);
});

test('lines of all streams come in the order of their times, filtered by words and by time', async () => {
  const logs = await withLines();
  const filter = async (more: object) => {
    const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: group, ...more }));
    return events!.map(({ message }) => message);
  };
  expect(await filter({ startTime: 4000, endTime: 5000 })).toEqual(['sold 4', 'returned 4\nnot wanted', 'sold 5']);
  expect(await filter({ filterPattern: 'sold 4' })).toEqual(['sold 4']);
  expect(await filter({ filterPattern: '"not wanted"' })).toEqual(['returned 4\nnot wanted']);
  expect(await filter({ logStreamNamePrefix: 'b' })).toEqual(['returned 4\nnot wanted']);
  await expect(filter({ filterPattern: '{ $.a = 1 }' })).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidParameterException' }),
  );
});

test('a stream is read in pages from its head, and a reader at the end sees what comes later', async () => {
  const logs = await withLines();
  const read = (more: object) =>
    logs.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 'a/1', startFromHead: true, limit: 6, ...more }));
  const first = await read({});
  const second = await read({ nextToken: first.nextForwardToken });
  const third = await read({ nextToken: second.nextForwardToken });
  expect([first, second, third].map(({ events }) => events!.length)).toEqual([6, 4, 0]);
  expect(third.nextForwardToken).toBe(second.nextForwardToken);
  expect((await read({ startFromHead: false, limit: 2 })).events!.map(({ message }) => message)).toEqual(['sold 8', 'sold 9']);
});

test('a stream that was last written to before the time asked for is not read, whatever is in it', async () => {
  const options = shopOptions(shop);
  const { clients } = await started(options);
  const directory = join(options.directory, 'engine', 'logs');
  const files = new LogFiles(directory, []);
  for (const stream of ['old', 'new']) files.append(group, stream, stream, 5000);
  utimesSync(join(directory, encodeURIComponent(group), 'old.jsonl'), 4, 4);
  const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: group, startTime: 4500 }));
  expect(events!.map(({ message }) => message)).toEqual(['new']);
});

test('a group that does not exist is named', async () => {
  const logs = await withLines();
  const missing = logs.send(new FilterLogEventsCommand({ logGroupName: '/nowhere' }));
  await expect(missing).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
});
