// Runs inside the child process of one function: loads its handler and answers one invocation after the other.
// Messages in:  { requestId, payload, deadline, functionArn }      (payload and result are JSON texts, deadline is in ms since 1970)
// Messages out: { ready: true } · { requestId, result } · { requestId, error } · { initError }     (error: { errorType, errorMessage, trace })
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

let current;

// The engine holds the other end: when it is gone, however it ended, so is this process.
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => leave(describe(error)));
process.on('unhandledRejection', (error) => leave({ ...describe(error), errorType: 'Runtime.UnhandledPromiseRejection' }));

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function leave(error) {
  console.error(error.trace.join('\n'));
  process.send(current === undefined ? { initError: error } : { requestId: current, error }, () => process.exit(129));
}

function named(errorType, errorMessage) {
  return Object.assign(new Error(errorMessage), { name: errorType });
}

async function load(handler) {
  const [, stem, names] = /^([^.]+)\.(.+)$/.exec(basename(handler)) ?? [];
  if (stem === undefined) throw named('Runtime.MalformedHandlerName', `Bad handler ${handler}`);
  const base = join(process.env.LAMBDA_TASK_ROOT, dirname(handler), stem);
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((path) => existsSync(path));
  if (file === undefined) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${stem}'`);
  let loaded;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    if (['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(error?.code))
      throw named('Runtime.ImportModuleError', `Error: ${error.message}`);
    throw error;
  }
  const find = (from) => names.split('.').reduce((value, name) => value?.[name], from);
  const found = find(loaded) ?? find(loaded.default);
  if (typeof found !== 'function') throw named('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  return found;
}

async function answer(handler, { requestId, payload, deadline, functionArn }) {
  current = requestId;
  const context = {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  let message;
  try {
    message = { requestId, result: JSON.stringify(await handler(JSON.parse(payload), context)) ?? 'null' };
  } catch (error) {
    message = { requestId, error: describe(error) };
    console.error(`ERROR Invoke Error ${JSON.stringify(message.error)}`);
  }
  current = undefined;
  process.send(message);
}

try {
  const handler = await load(process.env._HANDLER);
  // Now, because a sandbox is killed in the end: the next one starts with a third less work (180 to 125 ms).
  flushCompileCache();
  process.on('message', (invocation) => answer(handler, invocation));
  process.send({ ready: true });
} catch (error) {
  leave(describe(error));
}
