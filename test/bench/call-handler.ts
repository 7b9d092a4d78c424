// A process of its own for one handler of the assembly: loads the file named by its argument and, when stdin holds an event, calls the handler with it.
// Prints one JSON document: { loadMilliseconds, seconds, residentBytes } (seconds: of the call, null without one; residentBytes: the peak)
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const began = performance.now();
const { handler } = await import(pathToFileURL(process.argv[2]!).href);
const loadMilliseconds = performance.now() - began;

const event = await text(process.stdin);
let seconds: number | null = null;
if (event !== '') {
  const called = performance.now();
  await handler(JSON.parse(event), { awsRequestId: 'bench', getRemainingTimeInMillis: () => 900_000 });
  seconds = (performance.now() - called) / 1000;
}
const residentBytes = process.resourceUsage().maxRSS * 1024;
// Handlers write their log to stdout: the result is its last line.
process.stdout.write(`\n${JSON.stringify({ loadMilliseconds, seconds, residentBytes })}\n`);
