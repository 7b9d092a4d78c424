import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** In a thread of its own: a test waits for its documents without turning its event loop. */
const SERVER = `
const { createServer } = require('node:http');
const { createReadStream } = require('node:fs');
const { join, basename } = require('node:path');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer((request, response) => {
  const file = createReadStream(join(workerData, basename(request.url)));
  file.on('error', () => response.writeHead(404).end());
  file.pipe(response);
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** Serves the files of a folder on the loopback. */
export async function serveFiles(folder: string): Promise<{ url: (name: string) => string; stop: () => Promise<unknown> }> {
  const worker = new Worker(SERVER, { eval: true, workerData: folder });
  const [port] = (await once(worker, 'message')) as [number];
  return { url: (name) => `http://127.0.0.1:${port}/${name}`, stop: () => worker.terminate() };
}
