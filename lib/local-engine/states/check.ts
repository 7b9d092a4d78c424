import { isRecord, type Report } from './checks.ts';
import { checkFields, MACHINE_FIELDS, STATE_FIELDS } from './fields.ts';
import { checkTransitions } from './transitions.ts';

/** What is known of the scopes around a set of states: names must not repeat in the machine, variables not in an inner scope. */
interface Around {
  stateNames: Map<string, string>;
  variables: ReadonlySet<string>;
}

/** Reports everything that keeps a definition from being carried out as AWS would. */
export function checkMachine(definition: unknown, report: Report): void {
  if (!isRecord(definition)) {
    report('/', 'the definition is not a JSON object');
    return;
  }
  const language = definition.QueryLanguage;
  if (language !== 'JSONata') {
    const found = language === undefined ? "missing, which means 'JSONPath'" : JSON.stringify(language);
    report('/QueryLanguage', `only 'JSONata' is supported for the whole machine (${found})`);
  }
  checkFields(definition, MACHINE_FIELDS, '', report);
  checkGraph(definition, '', { stateNames: new Map(), variables: new Set() }, report);
}

/** StartAt and States, and the graphs inside Map and Parallel states. */
function checkGraph(graph: Record<string, unknown>, path: string, around: Around, report: Report): void {
  if (!isRecord(graph.States) || Object.keys(graph.States).length === 0) {
    report(`${path}/States`, 'missing: an object with at least one state');
    return;
  }
  const states = Object.entries(graph.States).filter((entry): entry is [string, Record<string, unknown>] => {
    if (!isRecord(entry[1])) report(`${path}/States/${entry[0]}`, 'a state is a JSON object');
    return isRecord(entry[1]);
  });
  checkTransitions(graph.StartAt, Object.fromEntries(states), path, report);
  const variables = assignedVariables(states.map(([, state]) => state));
  for (const variable of variables) {
    if (around.variables.has(variable)) report(path, `the variable '${variable}' is already assigned in an outer scope`);
  }
  const inside: Around = { stateNames: around.stateNames, variables: new Set([...around.variables, ...variables]) };
  for (const [name, state] of states) checkState(name, state, `${path}/States/${name}`, inside, report);
}

function checkState(name: string, state: Record<string, unknown>, path: string, inside: Around, report: Report): void {
  if ([...name].length > 80) report(path, 'the name of a state has at most 80 characters');
  const other = inside.stateNames.get(name);
  if (other !== undefined) report(path, `the name is taken by ${other}; state names are unique in the whole machine`);
  else inside.stateNames.set(name, path);

  const fields = Object.hasOwn(STATE_FIELDS, String(state.Type)) ? STATE_FIELDS[String(state.Type)] : undefined;
  if (fields === undefined) {
    const known = Object.keys(STATE_FIELDS).join(', ');
    report(
      `${path}/Type`,
      state.Type === undefined ? 'missing' : `unknown state type ${JSON.stringify(state.Type)} (known: ${known})`,
    );
    return;
  }
  checkFields(state, fields, path, report);
  if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
    report(path, 'a Wait state has either Seconds or Timestamp');
  }
  if (isRecord(state.ItemProcessor)) checkGraph(state.ItemProcessor, `${path}/ItemProcessor`, inside, report);
  if (Array.isArray(state.Branches)) {
    state.Branches.forEach((branch, index) => {
      if (isRecord(branch)) checkGraph(branch, `${path}/Branches[${index}]`, inside, report);
    });
  }
}

/** The names that the states of one scope assign: in the state itself, in its choice rules and in its catchers. */
function assignedVariables(states: Record<string, unknown>[]): Set<string> {
  const holders = states.flatMap((state) => [state, ...listOf(state.Choices), ...listOf(state.Catch)]);
  return new Set(holders.flatMap((holder) => (isRecord(holder.Assign) ? Object.keys(holder.Assign) : [])));
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
