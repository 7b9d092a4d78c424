#!/usr/bin/env node
// Plain JavaScript, so that a Node which does not know TypeScript can still start the one that does: the package `node` of this project.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

// The store's process passes gigabytes on in small pieces, and V8 frees those only when its young generation is full: with the default
// generation of 16 MiB a suite of 3 GB took 302 MB resident, with one of 1 MiB 206 MB. The host keeps every process below 256 MB.
const FLAGS = ['--max-semi-space-size=1'];

const file = fileURLToPath(import.meta.url);
const words = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 24) {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  const child = spawn(node, [...FLAGS, file, ...words], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', () => {
    console.error(`suite-backup needs Node 24 and finds none at ${node}; run npm ci in the project.`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
} else {
  // The same process goes on with the flags; where a system cannot do that, it does without.
  if (!FLAGS.every((flag) => process.execArgv.includes(flag)))
    process.execve?.(process.execPath, [process.execPath, ...FLAGS, file, ...words]);
  await import('./suite-backup.ts');
}
