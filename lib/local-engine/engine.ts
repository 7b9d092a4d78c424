import type { HostOptions } from './host-options.ts';
import type { Credentials } from './principals.ts';

export interface EngineOptions {
  /** Where everything is kept: state under `engine/`, objects under `s3/`, published messages under `outbox/`. */
  directory: string;
  /** The `cdk.out` folder. */
  assembly: string;
  hostCommands: HostOptions;
  /** `us-east-1` unless given. */
  region?: string;
  /** How long `close` waits for processes that joined this engine, in milliseconds; a day unless given. */
  joinedGrace?: number;
  /** False: S3 is late with replication, and what is pending waits for the next engine. */
  replicates?: boolean;
}

/** A running engine: the one in this process, or the one in another process that this process has joined. */
export interface Engine {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly region: string;
  readonly operatorCredentials: Credentials;
  /** Plain sentences about what the engine does not do as AWS does. */
  readonly report: string[];
  /** The outputs of a stack by their keys. @throws Error when there is no such stack */
  outputs(stackName: string): Record<string, string>;
  /** The file that holds the bytes of a version of an object. */
  objectFile(bucket: string, key: string, versionId: string): string;
  /** The key pair of a role, by its ARN or its name. */
  credentialsFor(roleArnOrName: string): Promise<Credentials>;
  /** Resolves when no execution, event target or command is open. */
  idle(): Promise<void>;
  /** Fires the schedules at their times until the signal aborts. Several callers, in several processes, make each fire once. */
  runSchedules(signal: AbortSignal): Promise<void>;
  /**
   * Ends the use of the engine. Where it runs: waits for the processes that joined, stops what is open, lets the rules do what they do
   * about that, and leaves no process behind. Where it was joined: leaves it.
   */
  close(): Promise<void>;
}

/** The outputs of one stack out of those of all. */
export function outputsOf(outputs: Record<string, Record<string, string>>, stackName: string): Record<string, string> {
  const found = outputs[stackName];
  if (found === undefined) throw new Error(`The assembly has no stack ${stackName} (it has ${Object.keys(outputs).join(', ')})`);
  return found;
}
