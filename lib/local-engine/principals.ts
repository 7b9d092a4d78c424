import { randomBytes } from 'node:crypto';

/** A key pair that signs requests. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Who may call the engine: every role of the assembly and the operator has a key pair of its own, made anew at each start. */
export class Principals {
  readonly #byArn = new Map<string, Credentials>();
  readonly #byKey = new Map<string, { secretAccessKey: string; principalArn: string }>();

  /** The key pair of a principal; made on the first call. */
  credentialsOf(principalArn: string): Credentials {
    const known = this.#byArn.get(principalArn);
    if (known !== undefined) return known;
    const credentials = {
      accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
    };
    this.#byArn.set(principalArn, credentials);
    this.#byKey.set(credentials.accessKeyId, { secretAccessKey: credentials.secretAccessKey, principalArn });
    return credentials;
  }

  /** What a signature is checked against, or undefined when no principal has this access key. */
  lookup(accessKeyId: string): { secretAccessKey: string; principalArn: string } | undefined {
    return this.#byKey.get(accessKeyId);
  }

  /** The key pair of the principal with this ARN or this name (the last part of the ARN). @throws Error when there is not exactly one */
  named(arnOrName: string): Credentials {
    const found = [...this.#byArn].filter(([arn]) => arn === arnOrName || arn.endsWith(`/${arnOrName}`));
    if (found.length !== 1) throw new Error(`${found.length} principals are called ${arnOrName}`);
    return found[0]![1];
  }
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
