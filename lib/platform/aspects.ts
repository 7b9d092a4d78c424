import { CfnResource, type IAspect } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';

/**
 * What must hold for every function, machine and log group, whoever makes it: tracing on, a log that ends some day. Put on the app with
 * `Aspects.of(app).add(new Observability())`; what is missing fails the synthesis, under the CDK's own command and without it.
 */
export class Observability implements IAspect {
  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node)) return;
    if (node instanceof lambda.CfnFunction) {
      require(node, 'tracingConfig', node.tracingConfig);
      require(node, 'loggingConfig.logGroup', node.loggingConfig);
    }
    if (node instanceof sfn.CfnStateMachine) {
      require(node, 'tracingConfiguration', node.tracingConfiguration);
      require(node, 'loggingConfiguration', node.loggingConfiguration);
    }
    if (node instanceof logs.CfnLogGroup) require(node, 'retentionInDays', node.retentionInDays);
  }
}

function require(node: CfnResource, property: string, value: unknown): void {
  if (value === undefined) throw new Error(`${node.node.path}: ${node.cfnResourceType} without ${property}.`);
}
