import { join } from 'node:path';
import { paginateGetExecutionHistory, SFNClient } from '@aws-sdk/client-sfn';
import { ListCommandInvocationsCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Engine } from '../../lib/local-engine/engine.ts';
import { joinOrStart } from '../../lib/local-engine/joining/join-or-start.ts';

/** A state that was entered and left, or a command on the host; times in milliseconds since 1970. */
export interface Span {
  name: string;
  from: number;
  to: number;
}

/** Opens the engine of a home once more, only to ask it. */
export async function withEngine<Answer>(home: string, work: (engine: Engine) => Promise<Answer>): Promise<Answer> {
  // It carries nothing out, so it needs no host.
  const hostCommands = { instanceId: 'i-00000000000000000', roleName: 'nobody', path: [], environment: {} };
  const engine = await joinOrStart({ directory: home, assembly: join(home, 'cdk.out'), hostCommands });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

export function clientSettings({ endpoint, region, operatorCredentials: credentials }: Engine) {
  return { endpoint, region, credentials };
}

/** The states of an execution in the order they were left; those of a Map's iterations among them. */
export async function statesOf(engine: Engine, executionArn: string): Promise<Span[]> {
  const client = new SFNClient(clientSettings(engine));
  const entered = new Map<string, number[]>();
  const states: Span[] = [];
  for await (const { events } of paginateGetExecutionHistory({ client }, { executionArn, maxResults: 1000 })) {
    for (const { stateEnteredEventDetails: enter, stateExitedEventDetails: exit, timestamp } of events ?? []) {
      const at = timestamp!.getTime();
      if (enter?.name) entered.set(enter.name, [...(entered.get(enter.name) ?? []), at]);
      if (exit?.name) states.push({ name: exit.name, from: entered.get(exit.name)!.shift()!, to: at });
    }
  }
  client.destroy();
  return states;
}

/** The commands that the host ran between two times. */
export async function commandsBetween(engine: Engine, from: number, to: number): Promise<Span[]> {
  const client = new SSMClient(clientSettings(engine));
  const answer = await client.send(new ListCommandInvocationsCommand({ Details: true, MaxResults: 50 }));
  client.destroy();
  return (answer.CommandInvocations ?? []).flatMap(({ DocumentName, CommandPlugins }) => {
    const { ResponseStartDateTime: began, ResponseFinishDateTime: ended } = CommandPlugins![0]!;
    if (!began || !ended || began.getTime() < from || ended.getTime() > to) return [];
    return [{ name: DocumentName!, from: began.getTime(), to: ended.getTime() }];
  });
}

export function spanNamed(spans: readonly Span[], name: string): Span {
  const found = spans.filter((span) => span.name === name);
  if (found.length !== 1)
    throw new Error(`${found.length} states are named "${name}"; there are ${spans.map((span) => span.name).join(', ')}`);
  return found[0]!;
}

export const secondsOf = ({ from, to }: Span) => (to - from) / 1000;
