import type { ChoiceState } from './machine.ts';
import type { Step, Visit } from './visit.ts';

/**
 * Follows the first rule whose condition is true; later rules are not even evaluated. A rule hands on what it says itself; the
 * state's own Output and Assign belong to Default.
 */
export async function choice(visit: Visit, state: ChoiceState): Promise<Step> {
  for (const [index, rule] of state.Choices.entries()) {
    const location = `Choices[${index}]/`;
    if (await visit.evaluateTo(rule.Condition, `${location}Condition`, 'true or false', (value) => typeof value === 'boolean')) {
      return visit.leave(rule, { fallback: visit.input, next: rule.Next, location });
    }
  }
  if (state.Default === undefined) {
    throw visit.failure('States.NoChoiceMatched', 'No choice rule matched and the state has no Default.');
  }
  return visit.leave(state, { fallback: visit.input, next: state.Default });
}
