import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { embedded } from '../../lib/local-engine/docker/fixture.ts';

const SCRIPT = fileURLToPath(new URL('../../../functions/backup/stream-out.sh', import.meta.url));
/**
 * More than the pipes behind Docker hold, and little enough that who writes it ends while nobody reads: the end lies in Docker's hands then.
 * Behind docker alone that is one pipe; behind stream_out three (measured: 196,608 bytes; from 320,000 on the writer waits).
 */
const BYTES = { docker: 120_000, streamOut: 260_000 };
/** Longer than the two seconds that Docker gives a stream whose command has ended. */
const STALL_SECONDS = 4;

const { subject, remove } = embedded();
afterAll(remove);

/** What `commands` print, in a shell in which stream_out leads to the container. */
async function shell(commands: string): Promise<string> {
  const begin = `set -euo pipefail
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    PG=(${subject.container})
    in_container() { docker exec "$@"; }
    source '${SCRIPT}'`;
  const child = spawn('bash', ['-c', `${begin}\n${commands}`], {
    env: subject.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return said;
}

const READS_LATE = `(sleep ${STALL_SECONDS}; wc -c)`;

describe('what a command in a container writes', () => {
  it('comes whole to somebody who reads late, as an upload on a slow line does; of Docker alone the end is lost without a word', async () => {
    const [whole, cut] = await Promise.all([
      shell(`stream_out "$work/errors" head -c ${BYTES.streamOut} /dev/zero | ${READS_LATE}`),
      shell(`docker exec ${subject.container} head -c ${BYTES.docker} /dev/zero | ${READS_LATE}`),
    ]);
    expect(Number(whole)).toBe(BYTES.streamOut);
    expect(Number(cut)).toBeLessThan(BYTES.docker);
  });

  it('comes with its status and with what it says, and with nothing else', async () => {
    const failing = `stream_out "$work/errors" sh -c 'echo rows; echo first >&2; echo second >&2; exit 7' || echo "status $?"; cat "$work/errors"`;
    expect(await shell(failing)).toBe('rows\nstatus 7\nfirst\nsecond\n');
    expect(await shell(`stream_out "$work/errors" true; echo "status $?"; cat "$work/errors"`)).toBe('status 0\n');
  });

  it.each([
    ['without the end of a line', 'echo rows; printf half >&2', 'half'],
    ['when it has ended already', '(sleep 0.005; echo late >&2) & echo rows', 'late'],
  ])('comes to its end when the command says something %s', async (_, commands, said) => {
    const told = await shell(`stream_out "$work/errors" sh -c '${commands}'; cat "$work/errors"`);
    expect(told.split('\n').slice(0, 2)).toEqual(['rows', said]);
  });

  it('is given up in order when the script is ended in the middle', async () => {
    // Cleaning up takes longer than one look at the stream, as it does in a container.
    const ended = `trap 'sleep 0.3; mapfile -t children < <(jobs -rp); kill "\${children[@]}"; rm -rf "$work"; echo tidy' EXIT
      trap 'exit 143' TERM
      (sleep 0.4; kill -TERM $$) &
      stream_out "$work/errors" sleep 2`;
    expect(await Promise.all([1, 2, 3, 4].map(() => shell(ended)))).toEqual(Array(4).fill('tidy\n'));
  });

  it('ends badly with somebody who reads no more', async () => {
    const reader = `{ stream_out "$work/errors" seq 1000000 || echo "status $?" >"$work/status"; } | head -n 1; cat "$work/status"`;
    expect(await shell(reader)).toMatch(/^1\nstatus \d+\n$/);
  });
});
