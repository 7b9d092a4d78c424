import { arn, type Place } from '../../assembly/place.ts';
import type { Right, RightsTable } from '../right.ts';

/** Systems Manager. Only the sending of a command is bound to things: its document and every instance that it goes to. */
export function commandRights(place: Place): RightsTable {
  const account = (action: string) => (): Right[] => [{ action: `ssm:${action}`, resource: arn(place, 'ssm', '*') }];
  return {
    SendCommand: ({ DocumentName, InstanceIds }) =>
      [documentArn(place, String(DocumentName)), ...idsOf(InstanceIds).map((id) => instanceArn(place, id))].map((resource) => ({
        action: 'ssm:SendCommand',
        resource,
      })),
    GetCommandInvocation: account('GetCommandInvocation'),
    ListCommands: account('ListCommands'),
    ListCommandInvocations: account('ListCommandInvocations'),
    CancelCommand: account('CancelCommand'),
    DescribeInstanceInformation: account('DescribeInstanceInformation'),
  };
}

function documentArn(place: Place, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  // AWS's own documents belong to no account.
  const owner = /^(AWS|Amazon)-/.test(nameOrArn) ? { ...place, account: '' } : place;
  return arn(owner, 'ssm', `document/${nameOrArn}`);
}

function instanceArn(place: Place, id: string): string {
  return id.startsWith('mi-') ? arn(place, 'ssm', `managed-instance/${id}`) : arn(place, 'ec2', `instance/${id}`);
}

function idsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
