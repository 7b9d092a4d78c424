import { join, resolve } from 'node:path';
import { readAssembly } from '../../lib/local-engine/assembly/read-assembly.ts';
import type { Engine } from '../../lib/local-engine/engine.ts';
import type { HostOptions } from '../../lib/local-engine/host-options.ts';
import { joinOrStart } from '../../lib/local-engine/joining/join-or-start.ts';
import { locateObject } from '../../lib/local-engine/s3/layout.ts';
import type { Call, LocalEngine, LocalHelp } from '../../lib/operator/main.ts';
import { dockerHost, type HostEnvironment } from './docker-host.ts';
import { homeOf, makeAccount, makeHome } from './home.ts';
import { LaunchError } from './launch-error.ts';
import { PROJECT } from './sources.ts';
import { synthesize } from './synthesize.ts';

type Options = Parameters<Call['openLocal']>[0];

/** What the engine calls itself where AWS would have a region. */
const REGION = 'us-east-1';

/**
 * Makes everything ready on this machine and joins or starts the engine. Relative paths are the caller's.
 * @throws LaunchError SuiteInvalid, HostInvalid, NoHost, AssemblyDiffers
 */
export async function openEngine(options: Options, cwd: string, signal: AbortSignal, help: LocalHelp): Promise<LocalEngine> {
  const home = homeOf(options.home, cwd);
  const suite = options.suite === undefined ? join(PROJECT, 'bin/suite.ts') : resolve(cwd, options.suite);
  const region = options.region ?? REGION;
  makeHome(home);
  makeAccount(home);
  leaveProfilesAlone();

  // Both are looked at before either is complained about; a wrong suite file is the nearer cause, so it is told first.
  const [synthesis, host] = await Promise.allSettled([
    synthesize({ home, suite, region, signal, say: help.say }),
    dockerHost(options.host, home, cwd),
  ]);
  if (synthesis.status === 'rejected') throw synthesis.reason;
  if (host.status === 'rejected') throw host.reason;
  signal.throwIfAborted();

  const assembly = join(home, 'cdk.out');
  const hostCommands = hostOptions(assembly, region, host.value, help);
  const replicates = process.env.SUITE_BACKUP_REPLICATION !== 'held';
  const engine = await joinOrStart({ directory: home, assembly, hostCommands, region, replicates });
  return localEngine(engine, home);
}

function localEngine(engine: Engine, home: string): LocalEngine {
  return {
    endpoint: engine.endpoint,
    region: engine.region,
    credentials: engine.operatorCredentials,
    locate: (bucket, key, versionId) => locateObject(join(home, 's3'), bucket, key, versionId),
    idle: () => engine.idle(),
    runSchedules: (signal) => engine.runSchedules(signal),
    close: () => engine.close(),
  };
}

/** The instance and the role that the assembly itself names, with the environment of this machine. */
function hostOptions(assembly: string, region: string, environment: HostEnvironment, { commandHostOf }: LocalHelp): HostOptions {
  for (const { outputs } of readAssembly(assembly, region).stacks) {
    const host = commandHostOf(Object.fromEntries(outputs.map(({ key, value }) => [key, value])));
    if (host !== null) return { ...host, ...environment };
  }
  throw new LaunchError('StackNotFound', `${assembly} holds no stack with a host.`);
}

/** Nothing of the user's AWS account may be read or reached: the clients are told everything, and find no file that says otherwise. */
function leaveProfilesAlone(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env.AWS_CONFIG_FILE = '/dev/null';
  process.env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
  process.env.AWS_EC2_METADATA_DISABLED = 'true';
}
