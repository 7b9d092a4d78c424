import { TaskFailure } from '../states/errors.ts';

/** How Step Functions reports that a service refused the machine's role: an error name of the client that it calls the service with. */
const NAMES: Record<string, { error: string; service: string; code: string; status: number }> = {
  // Seen in public reports of executions on AWS.
  Lambda: { error: 'Lambda.AWSLambdaException', service: 'AWSLambda', code: 'AccessDeniedException', status: 403 },
  Ssm: { error: 'Ssm.SsmException', service: 'Ssm', code: 'AccessDeniedException', status: 400 },
  // After the same pattern: nobody has reported these, and AWS does not document them.
  SNS: { error: 'SNS.AuthorizationErrorException', service: 'AmazonSNS', code: 'AuthorizationError', status: 403 },
  StepFunctions: {
    error: 'StepFunctions.AWSStepFunctionsException',
    service: 'AWSStepFunctions',
    code: 'AccessDeniedException',
    status: 400,
  },
  Sfn: { error: 'Sfn.SfnException', service: 'Sfn', code: 'AccessDeniedException', status: 400 },
};

/** The failure of a task whose machine may not do it. Integrations of their own speak with the old client, `aws-sdk` ones with the new. */
export function deniedTask(integration: string, message: string): TaskFailure {
  const { error, service, code, status } = NAMES[integration]!;
  const details = ['Ssm', 'Sfn'].includes(integration)
    ? `Service: ${service}, Status Code: ${status}, Request ID: local`
    : `Service: ${service}; Status Code: ${status}; Error Code: ${code}; Request ID: local; Proxy: null`;
  return new TaskFailure(error, `${message} (${details})`);
}
