import type { Problem } from '../assembly/problem.ts';
import { type Assembly, resourcesOf } from '../assembly/read-assembly.ts';
import { type Principal, sessionOf } from '../policies/principal.ts';
import type { PlatformEvent } from '../states-service/status-event.ts';
import { checkPattern, matchesPattern, PatternInvalid } from './event-pattern.ts';
import { type InputChoice, isSimplePath, targetInput, undefinedPlaceholders } from './target-input.ts';

interface Target extends InputChoice {
  Id: string;
  Arn: string;
  RoleArn?: string;
  DeadLetterConfig?: { Arn?: string };
}

export interface Rule {
  name: string;
  arn: string;
  pattern: Record<string, unknown>;
  targets: Target[];
}

/** Something that a rule, or a schedule, sets going: `arn` tells what, `input` is a JSON text, `id` is the same for the same occasion. */
export interface Invocation {
  arn: string;
  input: string;
  id: string;
  /** In whose name. */
  by: Principal;
  /** Where it goes, and in whose name, when it cannot be delivered. */
  deadLetters?: { queueArn: string; by: Principal };
}

/** The enabled rules of an assembly; what the engine cannot carry out is a problem. */
export function rulesOfAssembly(assembly: Assembly, problems: Problem[]): Rule[] {
  return resourcesOf(assembly, 'AWS::Events::Rule').flatMap(({ stack, logicalId, name, arn, properties }) => {
    const problem = (path: string, message: string): void => {
      problems.push({ stack, logicalId, path: `Properties.${path}`, message });
    };
    try {
      checkPattern(properties.EventPattern);
    } catch (error) {
      if (!(error instanceof PatternInvalid)) throw error;
      problem('EventPattern', error.message);
    }
    const targets = (properties.Targets ?? []) as Target[];
    targets.forEach(({ InputPath, InputTransformer }, index) => {
      const paths = [...(InputPath === undefined ? [] : [InputPath]), ...Object.values(InputTransformer?.InputPathsMap ?? {})];
      for (const path of paths) {
        if (!isSimplePath(path)) problem(`Targets.${index}`, `the engine does not know the path ${path}`);
      }
      for (const name of InputTransformer === undefined ? [] : undefinedPlaceholders(InputTransformer)) {
        problem(`Targets.${index}.InputTransformer.InputTemplate`, `the engine does not know the placeholder <${name}>`);
      }
    });
    if (properties.State === 'DISABLED') return [];
    return [{ name, arn: arn as string, pattern: properties.EventPattern as Record<string, unknown>, targets }];
  });
}

/** What an event sets going, by the rules that it matches. */
export function invocationsOf(rules: Rule[], event: PlatformEvent): Invocation[] {
  const plain = event as unknown as Record<string, unknown>;
  return rules
    .filter((rule) => matchesPattern(rule.pattern, plain))
    .flatMap((rule) =>
      rule.targets.map((target) => ({
        arn: target.Arn,
        input: targetInput(target, plain),
        id: `${event.id}-${rule.name}-${target.Id}`,
        by: callerOf(rule, target),
        ...deadLettersOf(rule, target),
      })),
    );
}

/** With a role EventBridge acts as it; without one it comes as a service, and the target's own policy must let it in. */
function callerOf(rule: Rule, { RoleArn }: Target): Principal {
  return RoleArn === undefined ? serviceFor(rule) : sessionOf(RoleArn, 'events');
}

/** To a queue it comes as a service in any case. */
function deadLettersOf(rule: Rule, { DeadLetterConfig }: Target): Pick<Invocation, 'deadLetters'> {
  const queueArn = DeadLetterConfig?.Arn;
  return queueArn === undefined ? {} : { deadLetters: { queueArn, by: serviceFor(rule) } };
}

function serviceFor({ arn }: Rule): Principal {
  return { service: 'events.amazonaws.com', sourceArn: arn };
}
