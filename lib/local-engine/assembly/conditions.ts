import { text, Unresolvable } from './intrinsic.ts';

/** What the condition functions need of the template that they stand in. */
interface Surroundings {
  evaluate: (value: unknown) => unknown;
  /** Whether the condition with this name holds. */
  condition: (name: string) => boolean;
}

/** Whether a condition's definition holds: Fn::Equals, Fn::And, Fn::Or, Fn::Not and references to other conditions. */
export function holds(definition: unknown, surroundings: Surroundings): boolean {
  const [name, argument] = Object.entries(definition as object)[0] as [string, unknown];
  const parts = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Fn::Equals':
      return text(surroundings.evaluate(parts[0])) === text(surroundings.evaluate(parts[1]));
    case 'Fn::And':
      return parts.every((part) => holds(part, surroundings));
    case 'Fn::Or':
      return parts.some((part) => holds(part, surroundings));
    case 'Fn::Not':
      return !holds(parts[0], surroundings);
    case 'Condition':
      return surroundings.condition(String(argument));
    default:
      throw new Unresolvable(`the engine does not know the condition function ${name}`);
  }
}
