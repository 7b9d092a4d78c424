import { join } from 'node:path';
import type { Engine } from '../../lib/local-engine/engine.ts';
import { startEngine } from '../../lib/local-engine/start-engine.ts';
import type { Suite } from './cli.ts';

/** Of the host, in a suite file that says nothing of it. */
export const HOST_ROLE = 'docker-host';

/** What a client of the SDK needs to speak as somebody. */
export interface ClientSettings {
  endpoint: string;
  region: string;
  maxAttempts: number;
  forcePathStyle: boolean;
  credentials: Engine['operatorCredentials'];
}

/** An engine in the test's own process on the home of a suite, for clients that speak as anybody; nothing runs on it but what they ask for. */
export class EngineOnHome {
  readonly engine: Engine;
  readonly bucket: string;
  readonly outputs: Readonly<Record<string, string>>;

  private constructor(engine: Engine, suite: Suite) {
    this.engine = engine;
    this.outputs = engine.outputs(`${suite.name}-backup`);
    this.bucket = this.outputs.VaultBucket!;
  }

  static async open(suite: Suite): Promise<EngineOnHome> {
    const engine = await startEngine({
      directory: suite.home,
      assembly: join(suite.home, 'cdk.out'),
      hostCommands: { instanceId: 'i-00000000000000000', roleName: HOST_ROLE, path: [], environment: {} },
    });
    return new EngineOnHome(engine, suite);
  }

  /** As a role by its whole name; without one as an administrator of the account. */
  async as(role?: string): Promise<ClientSettings> {
    const { endpoint, region, operatorCredentials } = this.engine;
    const credentials = role === undefined ? operatorCredentials : await this.engine.credentialsFor(role);
    return { endpoint, region, maxAttempts: 1, forcePathStyle: true, credentials };
  }
}
