import { HOST_RESULTS } from '../contract/host-results.ts';
import type { PlanItem, PlanProblem, PlanWriter, RestoreOptions, RestorePlan } from '../contract/restore.ts';
import type { ChosenItem } from './items.ts';
import type { Answer } from './judge-items.ts';

interface JudgedWriters {
  readonly writers: PlanWriter[];
  readonly stops: boolean;
  readonly problems: PlanProblem[];
  readonly warnings: RestorePlan['warnings'];
}

/** Where Docker shows a container's own files, those on no volume: only as long as it runs. */
const OWN_FILES = /^\/proc\/\d+\/root(\/|$)|\/overlay2\/[^/]+\/merged(\/|$)/;

/**
 * Which containers stand still while things are swapped. What must run for the restore itself is never among them: its database servers, and
 * containers whose own files are restored.
 */
export function judgeWriters(
  options: RestoreOptions,
  items: readonly PlanItem[],
  chosen: readonly ChosenItem[],
  answers: readonly Answer[],
): JudgedWriters {
  const answer = answers.find(({ key }) => key === 'writers');
  if (!answer) return { writers: [], stops: false, problems: [], warnings: [] };
  if (!answer.ok) {
    // Nobody would be stopped, and they would write into what is replaced.
    const message = `The writers could not be looked for: ${answer.error?.message}`;
    const problem = { path: 'writers', value: answer.error?.name ?? 'ResultMissing', message };
    return { writers: [], stops: false, problems: [problem], warnings: [] };
  }
  const found = HOST_RESULTS['find-writers'].parse(answer.result);
  const servers = chosen.flatMap(({ kind, source, declared }) => {
    if (kind !== 'database' && kind !== 'tables') return [];
    return [source.container?.name, 'container' in declared ? declared.container : undefined];
  });
  const isServer = ({ name, container }: PlanWriter) => servers.includes(container) || servers.includes(name);
  const holders = chosen.flatMap(({ item, kind }) => {
    const look = kind === 'path' && options.to === null ? answers.find(({ key }) => key === item) : undefined;
    const tree = look?.ok ? HOST_RESULTS['inspect-tree'].parse(look.result) : undefined;
    return tree?.container && OWN_FILES.test(tree.target ?? '') ? [tree.container.name] : [];
  });
  const isHolder = ({ container }: PlanWriter) => holders.includes(container);
  const writers = found.writers.filter((writer) => !isServer(writer) && !isHolder(writer));
  const replaces = items.some(({ swaps }) => swaps) && (options.mode !== 'tables' || options.replace);
  return {
    writers,
    // Who runs is asked again right before: between the plan and its work somebody may start them.
    stops: replaces && writers.length > 0,
    problems: [],
    warnings: [
      ...found.missing.map((name) => ({ name: 'WriterMissing', message: `There is no container "${name}" to stop.` })),
      ...found.writers.filter(isServer).map(({ name }) => {
        return {
          name: 'WriterIsServer',
          message: `"${name}" is a writer and the server of a restored database: it goes on running.`,
        };
      }),
      ...found.writers
        .filter((writer) => isHolder(writer) && !isServer(writer))
        .map(({ name }) => {
          return {
            name: 'WriterHoldsFiles',
            message: `"${name}" is a writer and holds restored files on no volume, which only a running container shows: it goes on running.`,
          };
        }),
    ],
  };
}
