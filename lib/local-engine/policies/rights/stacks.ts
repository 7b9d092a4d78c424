import { arn } from '../../assembly/place.ts';
import type { Assembly } from '../../assembly/read-assembly.ts';
import type { RightsTable } from '../right.ts';

/** CloudFormation: DescribeStacks of one stack, or of all. */
export function stackRights({ stacks, place }: Assembly): RightsTable {
  return {
    DescribeStacks: ({ StackName: wanted }) => {
      const found = stacks.find(({ name, id }) => wanted === name || wanted === id);
      const resource = wanted === undefined ? '*' : (found?.id ?? arn(place, 'cloudformation', `stack/${String(wanted)}/*`));
      return [{ action: 'cloudformation:DescribeStacks', resource }];
    },
  };
}
