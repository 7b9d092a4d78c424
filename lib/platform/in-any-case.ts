import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, FAILURE } from './jsonata.ts';

/**
 * `step`, and then `afterwards` however it ended. What `step` answered goes on to `next`; when it failed, the run ends with its failure,
 * whatever becomes of the other.
 */
export function inAnyCase(
  scope: Construct,
  step: sfn.TaskStateBase,
  afterwards: (stateName: string, outputs: string) => sfn.TaskStateBase,
  names: { readonly done: string; readonly failed: string; readonly end: string },
  next: sfn.IChainable,
): sfn.TaskStateBase {
  const end = sfn.Fail.jsonata(scope, names.end, {
    error: expression('$stepFailure.name'),
    cause: expression('$stepFailure.message'),
  });
  const failed = afterwards(names.failed, expression('$states.input'));
  failed.addCatch(end, { errors: ['States.ALL'] });
  failed.next(end);
  step.addCatch(failed, { errors: ['States.ALL'], assign: { stepFailure: FAILURE } });
  step.next(afterwards(names.done, expression('$states.input'))).next(next);
  return step;
}
