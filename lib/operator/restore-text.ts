import { THAW_HOURS, THAW_TIERS, THAWED_DAYS } from '../../functions/contract/archive.ts';
import type { AssessedSource } from '../../functions/contract/restore.ts';
import { indent } from './point-text.ts';
import type { ShownPlan } from './restores.ts';
import { bytesText, durationText, facts, mark, paint, type Style, table } from './text.ts';

/** A plan for a person: what happens, what it needs, what stands in its way. */
export function planText(style: Style, plan: ShownPlan): string {
  const rows = plan.items.map((item) => [
    item.item,
    `${item.kind} ${item.source}`,
    item.target,
    item.exists ? 'replaced' : 'made',
    bytesText(item.bytes),
    bytesText(item.needBytes),
    item.freeBytes === null ? 'unknown' : bytesText(item.freeBytes),
  ]);
  const diffs = plan.items.flatMap((item) => item.diff ?? []).filter(({ state }) => state !== 'same');
  const running = plan.writers.filter((writer) => writer.running).map(({ container }) => container);
  const parts = [
    `${paint(style, 'bold', `restore ${plan.mode}`)} from ${plan.point} (${plan.state})${plan.options.from === 'vault' ? '' : `, read from the ${plan.options.from}`}`,
    indent(
      facts(style, [
        ['plan', plan.restoreId],
        ['stops', plan.stopsWriters && running.length > 0 ? running.join(', ') : 'nothing'],
        ['first made', plan.makes.map(madeText).join('; ')],
        ['first thawed', thawLines(plan).join('; ')],
        ['safety point', plan.safetyPoint ? 'yes, of what is there now' : 'no'],
        [
          'takes about',
          plan.etaSeconds === null ? `unknown: ${plan.etaFrom}` : `${durationText(plan.etaSeconds)}, ${plan.etaFrom}`,
        ],
      ]),
    ),
    indent(assessedText(style, plan.assessment ?? [])),
    indent(table(style, ['', 'source', 'place', '', 'stored', 'needs', 'free'], rows, ['stored', 'needs', 'free'])),
    indent(plan.items.map(({ item, what }) => `${item}  ${what}`).join('\n')),
    ...diffs.map(({ name, state, diff }) => indent([`${name} (${state})`, ...diff.map((line) => `  ${line}`)].join('\n'))),
    ...warningLines(style, [...plan.warnings, ...plan.items.flatMap(({ warnings }) => warnings)]),
    ...plan.problems.map(({ path, message }) => `${mark(style, 'bad')} ${path}: ${message}`),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** Compose itself is asked, so that everything is as its project says. */
function madeText({ project, directory, services, containers }: ShownPlan['makes'][0]): string {
  return `${containers.join(', ')} (docker compose up --detach ${services.join(' ')}, project ${project} in ${directory}); what lies in them is planned then`;
}

export function warningLines(style: Style, warnings: ShownPlan['warnings']): string[] {
  return warnings.map(({ name, message }) => `${paint(style, 'yellow', '!')} ${name}: ${message}`);
}

/** What lies in an archive, how long it takes to come, and that it costs: a line per class. */
export function thawLines({ thaw, options }: Pick<ShownPlan, 'thaw' | 'options'>): string[] {
  return thaw.map(({ storageClass, objects, bytes, hours }) => {
    const other = THAW_TIERS.find((tier) => tier !== options.thawTier)!;
    const otherwise = `${other}: ${hoursText(THAW_HOURS[storageClass][other])}`;
    const what = `${objects} object${objects === 1 ? '' : 's'}, ${bytesText(bytes)}, from ${storageClass}`;
    const takes = `takes ${hoursText(hours)} (${options.thawTier}; --thaw ${otherwise})`;
    return `${what}: ${takes}; AWS charges the retrieval and ${THAWED_DAYS} days of a copy`;
  });
}

function hoursText({ least, most }: { least: number; most: number }): string {
  return least === 0 ? `up to ${most} h` : `${least} to ${most} h`;
}

/** How every source is today, for a person; empty when there is nothing to show. */
export function assessedText(style: Style, sources: readonly AssessedSource[]): string {
  const rows = sources.map(({ source, kind, state, message }) => [
    mark(style, state === 'present' ? 'good' : 'bad'),
    `${kind} ${source}`,
    state,
    message,
  ]);
  return rows.length === 0 ? '' : table(style, ['', 'source', 'state', ''], rows);
}
