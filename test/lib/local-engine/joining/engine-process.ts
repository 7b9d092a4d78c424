import type { Engine, EngineOptions } from '../../../../lib/local-engine/engine.ts';
import { joinOrStart } from '../../../../lib/local-engine/joining/join-or-start.ts';

/** A process of its own that joins or starts an engine; it ends when it gets SIGTERM, or when it is killed. */
const options = JSON.parse(process.argv[2]!) as EngineOptions;
const engine: Engine = await joinOrStart(options);
process.once('SIGTERM', () => void engine.close());
process.stdout.write(
  `${JSON.stringify({ endpoint: engine.endpoint, credentials: engine.operatorCredentials, outputs: engine.outputs('Shop') })}\n`,
);
// The engine keeps the process alive: the server where it runs, the membership where it was joined.
