import type { JsonLines } from '../json-lines.ts';
import type { Request } from './decide.ts';
import { isService, nameOf, type Principal } from './principal.ts';

/**
 * The record of what policies refused, for whoever looks for a missing permission: every refusal in a file, each kind of them once on
 * stderr.
 */
export class Refusals {
  readonly #file: JsonLines;
  readonly #told = new Set<string>();

  constructor(file: JsonLines) {
    this.#file = file;
  }

  note(principal: Principal, { action, resource, context }: Request, message: string): void {
    this.#file.append({ at: new Date().toISOString(), principal: nameOf(principal), action, resource, message, context });
    // Sessions of one role are the same caller here.
    const kind = `${isService(principal) ? principal.service : principal.identityArn} ${action}`;
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    process.stderr.write(`local engine: ${message}\n`);
  }
}
