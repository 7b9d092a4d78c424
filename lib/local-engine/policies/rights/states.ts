import { arn, type Place } from '../../assembly/place.ts';
import type { Right, RightsTable } from '../right.ts';

const on =
  (action: string, parameter: string) =>
  (parameters: Record<string, unknown>): Right[] => [
    { action: `states:${action}`, resource: String(parameters[parameter] ?? '*') },
  ];

/** Step Functions: machines and executions are named by their ARNs. */
export function statesRights(place: Place): RightsTable {
  return {
    StartExecution: on('StartExecution', 'stateMachineArn'),
    StopExecution: on('StopExecution', 'executionArn'),
    DescribeExecution: on('DescribeExecution', 'executionArn'),
    ListExecutions: on('ListExecutions', 'stateMachineArn'),
    GetExecutionHistory: on('GetExecutionHistory', 'executionArn'),
    DescribeStateMachine: on('DescribeStateMachine', 'stateMachineArn'),
    ListStateMachines: () => [{ action: 'states:ListStateMachines', resource: arn(place, 'states', 'stateMachine:*') }],
  };
}
