import { randomBytes } from 'node:crypto';
import { nameOfRole, type Principal, sessionOf } from './policies/principal.ts';
import type { AccessKey } from './signature.ts';

/** A key pair that signs requests. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Of a session that somebody asked for. */
export interface TemporaryCredentials extends Credentials {
  sessionToken: string;
  expiration: Date;
}

/** Who may call the engine: every role of the assembly and the operator has a key pair of its own, made anew at each start. */
export class Principals {
  readonly #byArn = new Map<string, Credentials>();
  readonly #byKey = new Map<string, AccessKey>();

  /** The key pair of a user or a role; made on the first call. The session of a role is called like the role unless it is said. */
  credentialsOf(identityArn: string, sessionName = nameOfRole(identityArn)): Credentials {
    const known = this.#byArn.get(identityArn);
    if (known !== undefined) return known;
    const isUser = /:user\//.test(identityArn);
    const principal = isUser ? { identityArn, arn: identityArn } : sessionOf(identityArn, sessionName);
    const credentials = newKeyPair('AKIA');
    this.#byArn.set(identityArn, credentials);
    this.#byKey.set(credentials.accessKeyId, { secretAccessKey: credentials.secretAccessKey, principal });
    return credentials;
  }

  /** Credentials of a session for some time. */
  session(principal: Principal, seconds: number): TemporaryCredentials {
    const now = Date.now();
    for (const [id, { expires }] of this.#byKey)
      if (expires !== undefined && expires.getTime() < now - dayMilliseconds) this.#byKey.delete(id);
    const keys = newKeyPair('ASIA');
    const sessionToken = randomBytes(96).toString('base64');
    const expiration = new Date(Math.floor(now / 1000 + seconds) * 1000);
    this.#byKey.set(keys.accessKeyId, { secretAccessKey: keys.secretAccessKey, sessionToken, expires: expiration, principal });
    return { ...keys, sessionToken, expiration };
  }

  /** What a signature is checked against, or undefined when no principal has this access key. */
  lookup(accessKeyId: string): AccessKey | undefined {
    return this.#byKey.get(accessKeyId);
  }

  /** The key pair of the principal with this ARN or this name (the last part of the ARN). @throws Error when there is not exactly one */
  named(arnOrName: string): Credentials {
    const found = [...this.#byArn].filter(([arn]) => arn === arnOrName || arn.endsWith(`/${arnOrName}`));
    if (found.length !== 1) throw new Error(`${found.length} principals are called ${arnOrName}`);
    return found[0]![1];
  }
}

/** Whoever still uses a session that is over is told so for this long, and afterwards that nobody knows it. */
const dayMilliseconds = 24 * 60 * 60 * 1000;

function newKeyPair(prefix: 'AKIA' | 'ASIA'): Credentials {
  return {
    accessKeyId: `${prefix}${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}

/** The environment that makes an unmodified SDK or CLI use these credentials and the engine, and nothing else of the user's AWS set-up. */
export function callerEnvironment(credentials: Credentials, endpoint: string, region: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}
