import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { Agent } from '../platform/agent.ts';
import { expression, term } from '../platform/jsonata.ts';

export interface AlertsProps {
  readonly suite: string;
  readonly emails: readonly string[];
}

/** What the operators are told: values are text or JSONata. */
export interface Announcement {
  readonly workflow: string;
  readonly executionArn: string;
  /** Recovery point, or null. */
  readonly id: string | null;
  readonly name: string;
  readonly message: string;
  /** Failed sources: `[{ label, name, message }]`. */
  readonly sources: unknown;
}

/** The topic that operators subscribe to, and the states that tell them. */
export class Alerts extends Construct {
  readonly topic: sns.Topic;
  readonly announce: Agent;
  private readonly suite: string;

  constructor(scope: Construct, id: string, props: AlertsProps) {
    super(scope, id);
    this.suite = props.suite;
    const key = new kms.Key(this, 'Key', {
      description: `Alerts of ${props.suite}`,
      enableKeyRotation: true,
      // It protects messages that were delivered long ago, not backups.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Alarms and rules publish under their service's name; the AWS-managed key of SNS would refuse them.
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsAndRules',
        principals: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'].map((service) => new iam.ServicePrincipal(service)),
        actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        resources: ['*'],
      }),
    );
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: `${props.suite}-backup-alerts`,
      displayName: `Backup of ${props.suite}`,
      masterKey: key,
      enforceSSL: true,
    });
    for (const [index, endpoint] of props.emails.entries()) {
      new sns.Subscription(this, `Email${index}`, { topic: this.topic, protocol: sns.SubscriptionProtocol.EMAIL, endpoint });
    }
    this.announce = this.publisher(
      new Agent(this, 'Announce', { suite: props.suite, name: 'announce', entry: 'functions/alerts/announce.ts' }),
    );
  }

  /** Lets an agent tell the operators. */
  publisher(agent: Agent): Agent {
    agent.function.addEnvironment('TOPIC_ARN', this.topic.topicArn);
    return agent
      .allow(['sns:Publish'], [this.topic.topicArn])
      .allow(['kms:GenerateDataKey', 'kms:Decrypt'], [this.topic.masterKey!.keyRef.keyArn]);
  }

  /** The topic's key, for a role that publishes without the agent: `grantPublish` gives the topic only. */
  allowPublishing(role: iam.IRole): void {
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [this.topic.masterKey!.keyRef.keyArn],
      }),
    );
  }

  /** States that tell the operators of a restore that is done; it is done whether they hear of it or not. */
  announceRestore(scope: Construct, id: string, message: string): sfn.Chain {
    const what = { workflow: 'restore', executionArn: expression('$states.context.Execution.Id'), id, message, sources: [] };
    const tell = this.announce.step(scope, 'Announce the restore', { suite: this.suite, ...what, name: null });
    const unheard = sfn.Pass.jsonata(scope, 'Nobody heard of it');
    tell.addCatch(unheard, { errors: ['States.ALL'] });
    return sfn.Chain.custom(tell, [tell, unheard], tell);
  }

  /**
   * States that tell the operators. If the agent cannot, the machine itself publishes the bare facts; if even that fails the chain goes
   * on all the same, because what comes after it is the failure that was to be told.
   */
  tellTheOperators(scope: Construct, what: Announcement): sfn.Chain {
    const tell = this.announce.step(
      scope,
      'Tell the operators',
      { suite: this.suite, ...what },
      { outputs: expression('$states.input') },
    );
    const subject = `'${this.suite}: ' & ${term(what.workflow)} & ' failed: ' & ${term(what.name)}`;
    const text = `${term(what.name)} & ': ' & ${term(what.message)} & ' (' & ${term(what.executionArn)} & ')'`;
    const plainly = tasks.SnsPublish.jsonata(scope, 'Tell the operators plainly', {
      topic: this.topic,
      subject: expression(`$substring(${subject}, 0, 100)`),
      message: sfn.TaskInput.fromText(expression(text)),
      outputs: expression('$states.input'),
    });
    const nobody = sfn.Pass.jsonata(scope, 'Nobody could be told');
    // What is told is in the input: a Catch would hand on the error of the agent in its place.
    const caught = { errors: ['States.ALL'], outputs: expression('$states.input') };
    tell.addCatch(plainly, caught);
    plainly.addCatch(nobody, caught);
    return sfn.Chain.custom(tell, [tell, plainly, nobody], tell);
  }
}
