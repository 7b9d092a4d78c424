import { describe, expect, it } from 'vitest';
import { plain, type SynthesizedApp } from './synthesized-app.ts';

export interface State {
  readonly name: string;
  readonly machine: string;
  readonly type: string;
  /** A Catch of its own or of a Parallel or Map around it. */
  readonly isCaught: boolean;
  readonly json: Record<string, unknown>;
}

interface Flow {
  readonly States: Record<string, Record<string, unknown>>;
}

/** What a machine does when all else failed. If this fails too the execution fails, and the rule outside does it again. */
const LAST_RESORTS = ['Clean up'];
/** They only ask: nothing is left on the host or in the vault that somebody would have to clean up after them, and nobody is alarmed. */
const ONLY_LOOK = ['plan-restore', 'assess'];
const TYPES = ['Task', 'Choice', 'Wait', 'Map', 'Parallel', 'Pass', 'Succeed', 'Fail'];

export function machineRules(app: SynthesizedApp): void {
  const machines = app.ofType('AWS::StepFunctions::StateMachine');
  const states = statesOf(app);

  describe('every machine', () => {
    it('exists at all', () => {
      expect(machines.map(({ properties }) => properties.StateMachineName)).toContain(`${app.suite}-backup-host-command`);
    });

    it.each(machines)('$id speaks JSONata and ends some day', ({ properties }) => {
      const definition = JSON.parse(plain(properties.DefinitionString));
      expect(definition).toMatchObject({ QueryLanguage: 'JSONata', TimeoutSeconds: expect.any(Number) });
      expect(plain(properties.DefinitionString)).not.toMatch(/"QueryLanguage":"JSONPath"|\.\$"/);
    });

    it.each(machines)('$id is traced and logs every event, but never its data', ({ properties }) => {
      expect(properties.TracingConfiguration).toEqual({ Enabled: true });
      expect(properties.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
      const [destination] = (properties.LoggingConfiguration as { Destinations: unknown[] }).Destinations;
      expect(app.target(destination)).toMatchObject({
        type: 'AWS::Logs::LogGroup',
        properties: { RetentionInDays: expect.any(Number) },
      });
    });

    it.each(machines)('$id has a role of its own under its own name', ({ properties }) => {
      expect(app.target(properties.RoleArn)?.properties.RoleName).toBe(properties.StateMachineName);
    });
  });

  describe('every state', () => {
    it('is of one of the eight types and, unless it ends the machine, named by a sentence', () => {
      const wrong = states.filter(
        ({ name, type }) => !TYPES.includes(type) || (type !== 'Succeed' && !/^[A-Z].* .*[A-Za-z?]$/.test(name)),
      );
      expect(wrong.map(called)).toEqual([]);
    });

    it('that is a task is caught somewhere: by itself, by what is around it, or by the machine that started this one', () => {
      const children = states.flatMap(({ json, isCaught }) => (isCaught ? [startedMachine(app, json)] : []));
      const uncaught = states.filter(
        ({ name, machine, type, isCaught }) =>
          type === 'Task' && !isCaught && !children.includes(machine) && !LAST_RESORTS.includes(name),
      );
      expect(uncaught.map(called)).toEqual([]);
    });

    it('that sends commands to the host from a map sends at most two at a time', () => {
      const maps = states.filter(({ type, json }) => type === 'Map' && /startExecution/.test(JSON.stringify(json)));
      expect(maps.length).toBeGreaterThan(0);
      expect(maps.filter(({ json }) => !(Number(json.MaxConcurrency) <= 2)).map(called)).toEqual([]);
    });

    it('never repeats any error whatever, which would repeat a failed backup as if nothing had happened', () => {
      const blind = states.filter(({ json }) => JSON.stringify(json.Retry ?? []).includes('States.ALL'));
      expect(blind.map(called)).toEqual([]);
    });
  });

  describe('a machine that no other one starts', () => {
    const started = states.map(({ json }) => startedMachine(app, json));
    const onlyLooks = ({ properties }: (typeof machines)[0]) =>
      ONLY_LOOK.some((name) => properties.StateMachineName === `${app.suite}-backup-${name}`);
    const first = machines.filter(
      (machine) => !started.includes(String(machine.properties.StateMachineName)) && !onlyLooks(machine),
    );

    it.each(first)('$id is watched from outside, since no Catch sees an abort, a time-out or States.Runtime', ({ id }) => {
      const watching = app.ofType('AWS::Events::Rule').flatMap(({ properties }) => {
        const { detail } = properties.EventPattern as { detail: { stateMachineArn?: unknown[]; status: string[] } };
        return detail.stateMachineArn?.some((arn) => app.target(arn)?.id === id) ? detail.status : [];
      });
      expect(watching.sort()).toEqual(['ABORTED', 'FAILED', 'TIMED_OUT']);
    });
  });
}

function called({ machine, name }: State): string {
  return `${machine}: ${name}`;
}

/** Name of the machine that a state starts and waits for. */
function startedMachine(app: SynthesizedApp, json: Record<string, unknown>): string | undefined {
  const reference = /^\$\{(\w+)\}$/.exec(String((json.Arguments as { StateMachineArn?: string } | undefined)?.StateMachineArn));
  return app.resources.find(({ id }) => id === reference?.[1])?.properties.StateMachineName as string | undefined;
}

/** All states of all machines, those inside a Parallel or Map too. */
export function statesOf(app: SynthesizedApp): State[] {
  return app.ofType('AWS::StepFunctions::StateMachine').flatMap(({ properties }) => {
    const machine = String(properties.StateMachineName);
    return walk(JSON.parse(plain(properties.DefinitionString)), machine, false);
  });
}

function walk(flow: Flow, machine: string, isAroundCaught: boolean): State[] {
  return Object.entries(flow.States).flatMap(([name, json]) => {
    const isCaught = isAroundCaught || json.Catch !== undefined;
    const inner = [...((json.Branches as Flow[] | undefined) ?? []), ...(json.ItemProcessor ? [json.ItemProcessor as Flow] : [])];
    return [
      { name, machine, type: String(json.Type), isCaught, json },
      ...inner.flatMap((branch) => walk(branch, machine, isCaught)),
    ];
  });
}
