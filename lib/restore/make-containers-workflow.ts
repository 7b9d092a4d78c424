import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { cleanUpStep } from '../platform/clean-up-workflow.ts';
import { expression } from '../platform/jsonata.ts';
import { type LockAgents, releaseTheLock, underTheLock } from '../platform/lock.ts';
import { Workflow } from '../platform/workflow.ts';
import { eachItem, onHost, type RestoreParts, RUN } from './host-steps.ts';

const INPUT = '$states.context.Execution.Input';

/** Lets compose make the containers that a plan needs and that are gone; what is in them is restored afterwards. */
export class MakeContainers extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: RestoreParts & LockAgents) {
    super(scope, id);
    const suite = props.suite.name;
    this.workflow = new Workflow(this, 'Workflow', {
      suite,
      name: 'make-containers',
      comment: 'Lets compose make the containers that a restore needs and that are gone',
      timeoutSeconds: props.suite.timeouts.workflow,
      body: sfn.Pass.jsonata(this, 'Remember for which restore', {
        assign: { restoreId: expression(`${INPUT}.restoreId`), run: RUN },
      }).next(underTheLock(this, props, { suite, workflow: 'make-containers', id: null, body: this.states(props) })),
      alwaysOnFailure: cleanUpStep(this, props.cleanUp, 'make-containers'),
    });
  }

  private states(props: RestoreParts & LockAgents): sfn.IChainable {
    const { suite, agents, releaseLock } = props;
    const plan = agents.planContainers.step(
      this,
      'Find what must be made',
      { suite: suite.name, restoreId: expression('$restoreId'), which: expression(`${INPUT}.which`) },
      { assign: { projects: expression('$states.result.Payload.projects') } },
    );
    const begin = sfn.Pass.jsonata(this, 'Remember the project', { assign: { make: expression('$states.input') } });
    const make = onHost(this, props, 'Make its containers', {
      document: 'make-containers',
      from: '$make.parameters',
      name: `'make-' & ${INPUT}.which & '-' & $make.key`,
    });
    const each = eachItem(this, 'Make what each project lacks', '$projects', begin.next(make), {
      outcome: 'Made',
      restoreId: expression('$restoreId'),
    });
    return plan.next(each).next(releaseTheLock(this, releaseLock, suite.name));
  }
}
