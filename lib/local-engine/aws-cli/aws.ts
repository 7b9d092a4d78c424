// A stand-in for the one call of the AWS CLI v2 that a host makes: aws s3 cp - s3://BUCKET/KEY --no-overwrite. It behaves like
// the real one, exit codes included, and knows nothing else.
import { parseCommandLine, UsageError } from './command-line.ts';
import type { Connection } from './signed-request.ts';

const EXIT = { done: 0, failed: 1, interrupted: 130, usage: 252, configuration: 253 };

/** An environment in which the call cannot be made. */
class ConfigurationError extends Error {}

/** Interrupted by a signal of that name. */
class Interrupted extends Error {
  readonly signal: string;

  constructor(signal: string) {
    super(`cancelled: received ${signal}`);
    this.signal = signal;
  }
}

async function main(words: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const command = parseCommandLine(words);
  if (command.kind === 'version') {
    process.stdout.write(`aws-cli/2.33.0 (stand-in) Node/${process.versions.node}\n`);
    return;
  }
  const connection = connectionOf(environment);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interruption.abort(new Interrupted(signal)));
  const [{ upload }, { openStandardInput }] = await Promise.all([import('./upload.ts'), import('./standard-input.ts')]);
  const target = `s3://${command.to.bucket}/${command.to.key}`;
  const input = openStandardInput();
  let stored = false;
  try {
    stored = await upload(connection, command.to, input, { ...command, signal: interruption.signal });
  } catch (error) {
    if (error instanceof Error) error.message = `upload failed: - to ${target} ${error.message}`;
    throw error;
  } finally {
    input.close();
  }
  if (stored && !command.onlyShowErrors) process.stdout.write(`upload: - to ${target}\n`);
}

/** Only what the environment says: profiles and files could lead to a real account. */
function connectionOf(environment: NodeJS.ProcessEnv): Connection {
  const required = (name: string): string => {
    const value = environment[name];
    if (!value) throw new ConfigurationError(`${name} is not set`);
    return value;
  };
  const endpoint = URL.parse(required('AWS_ENDPOINT_URL'));
  if (endpoint?.protocol !== 'http:') throw new ConfigurationError('AWS_ENDPOINT_URL is not an http:// address');
  return {
    endpoint,
    region: required('AWS_REGION'),
    accessKeyId: required('AWS_ACCESS_KEY_ID'),
    secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
    sessionToken: environment.AWS_SESSION_TOKEN || undefined,
  };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConfigurationError) return EXIT.configuration;
  return error instanceof Interrupted && error.signal === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
}

try {
  await main(process.argv.slice(2), process.env);
  process.exit(EXIT.done);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(exitCodeOf(error)));
}
