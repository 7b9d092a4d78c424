import type { Problem } from './problem.ts';
import type { Assembly } from './read-assembly.ts';

/** What the engine carries out in its own region only; buckets, keys and secrets may lie anywhere. */
const AT_HOME = [
  'AWS::Events::Rule',
  'AWS::Lambda::Function',
  'AWS::SNS::Topic',
  'AWS::SSM::Document',
  'AWS::Scheduler::Schedule',
  'AWS::StepFunctions::StateMachine',
];

/** Everything that an assembly wants done in another region than the engine's. */
export function elsewhereProblems({ place, stacks }: Assembly): Problem[] {
  const resources = stacks.flatMap((stack) => stack.resources);
  return resources
    .filter(({ type, region }) => region !== place.region && AT_HOME.includes(type))
    .map(({ stack, logicalId, type, region }) => {
      const message = `the engine carries out ${type} in ${place.region} only, not in ${region}`;
      return { stack, logicalId, path: 'Type', message };
    });
}
