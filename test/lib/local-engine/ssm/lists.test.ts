import { expect, test } from 'vitest';
import { ended, engineWith, instanceId, send } from './harness.ts';

test('commands are listed newest first, page by page', async () => {
  const { ssm } = engineWith(['true']);
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    ids.push(await send(ssm));
    await ended(ssm, ids.at(-1)!);
  }
  const first = (await ssm.call('ListCommands', { MaxResults: 2 })) as { Commands: { CommandId: string }[]; NextToken: string };
  const second = (await ssm.call('ListCommands', { MaxResults: 2, NextToken: first.NextToken })) as {
    Commands: { CommandId: string }[];
  };
  expect([...first.Commands, ...second.Commands].map(({ CommandId }) => CommandId)).toEqual(ids.reverse());
  expect(second).not.toHaveProperty('NextToken');
});

test('commands are found by time, status and document', async () => {
  const { ssm } = engineWith(['true']);
  const before = new Date(Date.now() - 1000).toISOString();
  const id = await send(ssm);
  await ended(ssm, id);
  const after = new Date(Date.now() + 1000).toISOString();
  const count = async (...filters: [string, string][]) => {
    const answer = await ssm.call('ListCommands', { Filters: filters.map(([key, value]) => ({ key, value })) });
    return (answer as { Commands: unknown[] }).Commands.length;
  };
  expect(await count(['InvokedAfter', before], ['InvokedBefore', after], ['Status', 'Success'], ['DocumentName', 'job'])).toBe(1);
  expect(await count(['InvokedAfter', after])).toBe(0);
  expect(await count(['InvokedBefore', before])).toBe(0);
  expect(await count(['Status', 'Failed'])).toBe(0);
  expect(await count(['DocumentName', 'other'])).toBe(0);
  expect(await ssm.call('ListCommands', { Filters: [{ Key: 'Status', Value: 'Success' }] })).toMatchObject({
    Commands: [{ CommandId: id }],
  });
  expect(await ssm.call('ListCommandInvocations', { CommandId: id, Details: true })).toMatchObject({
    CommandInvocations: [{ CommandId: id, Status: 'Success', CommandPlugins: [{ Name: 'aws:runShellScript', ResponseCode: 0 }] }],
  });
});

test('the host is online with an agent that knows environment parameters', async () => {
  const { ssm } = engineWith(['true']);
  const host = { InstanceId: instanceId, PingStatus: 'Online', AgentVersion: '3.3.3572.0', PlatformType: 'Linux' };
  expect(await ssm.call('DescribeInstanceInformation', {})).toMatchObject({ InstanceInformationList: [host] });
  const filtered = (id: string) => ssm.call('DescribeInstanceInformation', { Filters: [{ Key: 'InstanceIds', Values: [id] }] });
  expect(await filtered(instanceId)).toMatchObject({ InstanceInformationList: [host] });
  expect(await filtered('i-other')).toEqual({ InstanceInformationList: [] });
});
