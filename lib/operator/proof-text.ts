import type { Check } from '../../functions/contract/proof.ts';
import type { ShownProof } from './proofs.ts';
import { ageText, durationText, mark, paint, type Style, table } from './text.ts';

/** A proof as a person reads it: what failed first, what passed as one line per kind. */
export function proofText(style: Style, proof: ShownProof): string {
  const verdict = mark(style, proof.ok ? 'good' : 'bad');
  const age = proof.finishedAt === '' ? '' : `, ${ageText(style, proof.finishedAt)}`;
  const server = proof.server === null ? '' : `, PostgreSQL ${proof.server.version}`;
  const from = proof.readFrom === undefined ? '' : ` of the ${proof.readFrom}`;
  const title = `${verdict} proof${from} ${paint(style, 'bold', proof.id)}  ${proof.ok ? 'passed' : 'failed'}${age}, restored in ${durationText(proof.restoreSeconds)}${server}`;
  const accepted = proof.acceptedAnomaly;
  const lines = [
    title,
    ...(accepted === null ? [] : [`  anomaly accepted by ${accepted.who}: ${accepted.why}`]),
    ...(proof.checks.length === 0 && proof.reason !== null ? [`  ${proof.reason.name}: ${proof.reason.message}`] : []),
    ...proof.checks.filter((check) => !check.ok).map((check) => failedLine(style, check)),
    ...passedSummary(style, proof.checks),
  ];
  return lines.join('\n');
}

function failedLine(style: Style, check: Check): string {
  const sign = check.severity === 'failure' ? mark(style, 'bad') : paint(style, 'yellow', '!');
  const compared =
    check.expected === null && check.actual === null
      ? ''
      : `\n      expected ${short(check.expected)}\n      actual   ${short(check.actual)}`;
  return `  ${sign} ${check.kind} ${check.source} ${check.name}: ${check.message}${compared}`;
}

function passedSummary(style: Style, checks: readonly Check[]): string[] {
  const kinds = Map.groupBy(
    checks.filter((check) => check.ok),
    (check) => check.kind,
  );
  const rows = [...kinds].map(([kind, passed]) => [`  ${mark(style, 'good')} ${kind}`, String(passed.length), namesOf(passed)]);
  return rows.length === 0 ? [] : [table(style, ['  passed', 'checks', 'sources'], rows, ['checks'])];
}

function namesOf(checks: readonly Check[]): string {
  const sources = [...new Set(checks.map((check) => check.source))];
  return sources.length <= 4 ? sources.join(', ') : `${sources.slice(0, 4).join(', ')} and ${sources.length - 4} more`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}
