import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from '../front/front.ts';
import type { Credentials } from '../principals.ts';
import { within } from '../within.ts';

/** What a joining process learns of the engine. */
export interface Introduction {
  digest: string;
  outputs: Record<string, Record<string, string>>;
  report: string[];
}

/** What the engine offers to the processes that join it. */
export interface Controlled {
  introduce: () => Promise<Introduction>;
  credentialsFor: (role: string) => Credentials;
  idle: () => Promise<void>;
  runSchedules: (signal: AbortSignal) => Promise<void>;
}

/**
 * The engine's own interface for joined processes, under `/_engine/`. `join` and `schedules` are held open by the engine: the
 * connection is the membership, so a joined process that is killed has left.
 */
export class Control {
  readonly #token: string;
  #joined = 0;
  #left: (() => void)[] = [];
  #closed = false;

  constructor(token: string) {
    this.#token = token;
  }

  /**
   * Waits until no other process is joined, or for so many milliseconds. From then on nobody can join: who tried would lose the engine
   * under his hands, and so goes on looking for the next one.
   */
  async close(grace: number): Promise<void> {
    if (this.#joined > 0) await within(grace, new Promise<void>((resolve) => this.#left.push(resolve)));
    this.#closed = true;
  }

  handler(engine: Controlled): Handler {
    return async (request, response) => {
      if (request.headers['x-engine-token'] !== this.#token) return void response.writeHead(403).end();
      const url = new URL(request.url ?? '/', 'http://localhost');
      const signal = whileOpen(response);
      switch (url.pathname) {
        case '/_engine/hello':
          return answer(response, await engine.introduce());
        case '/_engine/credentials':
          return answer(response, engine.credentialsFor(url.searchParams.get('role') ?? ''));
        case '/_engine/idle':
          await engine.idle();
          return answer(response, {});
        case '/_engine/join':
          return this.#join(request, response, signal);
        case '/_engine/schedules':
          response.writeHead(200).flushHeaders();
          return engine.runSchedules(signal);
        default:
          response.writeHead(404).end();
      }
    };
  }

  #join(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): void {
    if (this.#closed) return void response.writeHead(503).end();
    this.#joined += 1;
    request.socket.setKeepAlive(true, 30_000);
    response.writeHead(200).flushHeaders();
    signal.addEventListener('abort', () => {
      this.#joined -= 1;
      if (this.#joined === 0) for (const resolve of this.#left.splice(0)) resolve();
    });
  }
}

/** A signal that aborts when the other side, or this one, ends the exchange. */
function whileOpen(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function answer(response: ServerResponse, document: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}
