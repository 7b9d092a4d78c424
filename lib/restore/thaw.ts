import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { expression } from '../platform/jsonata.ts';
import { fromOfPlan, type RestoreParts } from './host-steps.ts';

/** An archive takes hours: two days of asking every ten minutes stay far below the 25,000 events of a history. */
const LONGEST_PAUSE_SECONDS = 600;

/**
 * States that look at every stored object that is still to be restored, ask for what lies in an archive storage class, and wait until it can
 * be read; `then` follows. Needs `$plan` and `$point`, and `$asked` as 0. Nothing of the suite has been touched by then.
 */
export class Thaw extends Construct {
  readonly first: sfn.IChainable;

  constructor(scope: Construct, id: string, { suite, agents }: RestoreParts, then: sfn.IChainable) {
    super(scope, id);
    const ask = agents.thawPoint.step(
      this,
      'Thaw what lies in an archive',
      {
        suite: suite.name,
        id: expression('$point'),
        ...fromOfPlan(suite),
        labels: expression("[$plan.items[reached != 'swapped'].label]"),
        mode: expression('$plan.mode'),
        tier: expression('$plan.thawTier'),
      },
      { assign: { asked: expression('$asked + 1') } },
    );
    const wait = sfn.Wait.jsonata(this, 'Wait for the archive', {
      time: sfn.WaitTime.seconds(expression(`$min([$power(2, $min([$asked, 10])), ${LONGEST_PAUSE_SECONDS}])`)),
    });
    const tooLong = sfn.Fail.jsonata(this, 'The archive takes too long', {
      error: 'ThawTimedOut',
      cause: expression(
        "'Nothing was touched: after ' & $string($waited) & ' seconds ' & $string($states.input.waiting) & " +
          "($states.input.waiting = 1 ? ' object' : ' objects') & ' of ' & $point & ($states.input.waiting = 1 ? ' is' : ' are') & " +
          "' still on the way out of the archive, such as ' & $states.input.first & '.'",
      ),
    });
    const waited = '$millis() - $toMillis($states.context.Execution.StartTime)';
    const isThere = sfn.Choice.jsonata(this, 'Can everything be read?')
      .when(sfn.Condition.jsonata(expression('$states.input.waiting = 0')), then)
      .when(sfn.Condition.jsonata(expression(`${waited} > ${suite.timeouts.thaw} * 1000`)), tooLong, {
        assign: { waited: expression(`$floor((${waited}) / 1000)`) },
      })
      .otherwise(wait);
    wait.next(ask);
    this.first = ask.next(isThere);
  }
}
