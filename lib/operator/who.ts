import { hostname, userInfo } from 'node:os';

/** Who asks: it is written down with what they asked for. A user without a name in the system's table has at least a number. */
export function whoAmI(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}
