import { functionResource, invokeTask, machineResource, roleResource } from '../foreign-assembly.ts';

/** A shop whose Picking lasts until it is stopped, whose Checking calls a function that never answers, and whose rule notes every end. */
export const pickingShop = {
  Resources: {
    Clerk: roleResource,
    Picking: machineResource({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } }),
    Checking: machineResource({ StartAt: 'Check', States: { Check: invokeTask('Check', { End: true }) } }),
    Noting: machineResource({ StartAt: 'Note', States: { Note: { Type: 'Pass', End: true } } }),
    Check: functionResource('check', { Timeout: 600 }),
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: {
          source: ['aws.states'],
          detail: { status: ['ABORTED'], stateMachineArn: [{ Ref: 'Picking' }, { Ref: 'Checking' }] },
        },
        Targets: [
          { Id: 'Noting', Arn: { Ref: 'Noting' }, RoleArn: { 'Fn::GetAtt': ['Clerk', 'Arn'] }, InputPath: '$.detail.name' },
        ],
      },
    },
  },
  Outputs: {
    Picking: { Value: { Ref: 'Picking' } },
    Checking: { Value: { Ref: 'Checking' } },
    Noting: { Value: { Ref: 'Noting' } },
  },
};

/** The same, but that its rule checks what was stopped, and so keeps a closing engine waiting for as long as the function takes. */
export const slowToCloseShop = {
  ...pickingShop,
  Resources: {
    ...pickingShop.Resources,
    Rule: {
      ...pickingShop.Resources.Rule,
      Properties: {
        EventPattern: { source: ['aws.states'], detail: { status: ['ABORTED'], stateMachineArn: [{ Ref: 'Picking' }] } },
        Targets: [{ Id: 'Checking', Arn: { Ref: 'Checking' }, RoleArn: { 'Fn::GetAtt': ['Clerk', 'Arn'] }, Input: '{}' }],
      },
    },
  },
};

/** Leaves its own process id in a file of its folder's parent and never answers. */
export const pickingAssets = {
  check: {
    'index.mjs': `import { writeFileSync } from 'node:fs';
      export const handler = async ({ file }) => {
        writeFileSync(file, String(process.pid));
        await new Promise((resolve) => setTimeout(resolve, 3_600_000));
      };`,
  },
};
