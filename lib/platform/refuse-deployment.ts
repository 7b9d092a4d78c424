import { CfnRule, Fn, type Stack } from 'aws-cdk-lib';

/** Lets a stack be synthesized and looked at, while CloudFormation refuses to deploy it and says why. */
export function refuseDeployment(stack: Stack, reason: string): void {
  new CfnRule(stack, 'NotDeployable', {
    assertions: [{ assert: Fn.conditionEquals('synthesized', 'deployable'), assertDescription: reason }],
  });
}
