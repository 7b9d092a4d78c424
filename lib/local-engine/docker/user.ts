import { readFileSync } from 'node:fs';
import { Failure } from './failure.ts';

/** A user that a process is to run as: the words to put before its command (none for the user we are), and its home folder. */
export interface ProcessUser {
  prefix: string[];
  home: string;
}

/**
 * Finds how to run as a user of `--user`: a name or number, also with `:GROUP`. Only root can change: an ordinary user runs everything as itself.
 * On a machine without the user postgres its place is taken by nobody. Throws a Failure (126) for a name that does not exist.
 */
export function processUser(name: string | null, own: { uid: number; home: string }): ProcessUser {
  if (name === null) return { prefix: [], home: own.home };
  const [user = '', group] = name.split(':');
  const entry = passwd(user) ?? (user === 'postgres' ? passwd('nobody') : null);
  if (!entry && !/^[0-9]+$/.test(user))
    throw new Failure(126, `unable to find user ${user}: no matching entries in passwd file`, 'stdout');
  if (group !== undefined && !/^[0-9]+$/.test(group))
    throw new Failure(125, `docker: only numbers are supported as the group of a user, not ${group}`);
  if (own.uid !== 0) return { prefix: [], home: own.home };
  const { uid, gid, home } = entry ?? { uid: user, gid: '0', home: '/' };
  if (uid === '0') return { prefix: [], home: own.home };
  const identity = [
    `--reuid=${uid}`,
    `--regid=${group ?? gid}`,
    entry && group === undefined ? '--init-groups' : '--clear-groups',
  ];
  return { prefix: ['setpriv', ...identity, ...capabilities(), '--'], home };
}

function passwd(user: string): { uid: string; gid: string; home: string } | null {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid, , home] = line.split(':');
    if (uid !== undefined && gid !== undefined && (name === user || uid === user)) return { uid, gid, home: home || '/' };
  }
  return null;
}

// PostgreSQL refuses to run as root, but the folders it is given may lie below one that only root may enter (mkdtemp makes 0700):
// the process keeps CAP_DAC_OVERRIDE (bit 1), which lets it through. Where root itself was not given it, the user runs without.
function capabilities(): string[] {
  const permitted = /^CapPrm:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${permitted}`) & 2n) === 0n ? [] : ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override'];
}
