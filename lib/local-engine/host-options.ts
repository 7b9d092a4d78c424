/** The one machine that answers to commands: the machine the engine itself runs on. */
export interface HostOptions {
  /** The instance id that commands are sent to, for example `mi-0123456789abcdef0`. */
  instanceId: string;
  /** The IAM role whose credentials the commands carry. */
  roleName: string;
  /** Folders put before PATH. */
  path: string[];
  /** Variables added to the environment of every command. */
  environment: Record<string, string>;
}
