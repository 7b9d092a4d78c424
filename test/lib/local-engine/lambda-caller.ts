import { createHash } from 'node:crypto';
import type { Engine } from '../../../lib/local-engine/engine.ts';
import { signatureOf } from '../../../lib/local-engine/sigv4.ts';

export interface LambdaAnswer {
  status: number;
  /** The value of `x-amz-function-error`, null when the function did not fail. */
  functionError: string | null;
  /** The value of `x-amzn-errortype`, null when the service did not refuse. */
  errorType: string | null;
  payload: unknown;
}

/** Invokes functions over the Lambda API; the SDK's client for it is not among this project's dependencies. */
export class LambdaCaller {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async invoke(functionName: string, payload: unknown, headers: Record<string, string> = {}): Promise<LambdaAnswer> {
    const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
    const body = JSON.stringify(payload);
    const { endpoint, region, operatorCredentials } = this.#engine;
    const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const signed: Record<string, string> = { ...headers, host: new URL(endpoint).host, 'x-amz-date': timestamp };
    const signature = signatureOf(
      {
        method: 'POST',
        path,
        query: [],
        headers: Object.entries(signed),
        payloadHash: createHash('sha256').update(body).digest('hex'),
      },
      { timestamp, region, service: 'lambda' },
      operatorCredentials.secretAccessKey,
    );
    const scope = `${operatorCredentials.accessKeyId}/${timestamp.slice(0, 8)}/${region}/lambda/aws4_request`;
    const names = Object.keys(signed).sort().join(';');
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${names}, Signature=${signature}`;
    const response = await fetch(endpoint + path, { method: 'POST', body, headers: { ...signed, authorization } });
    const text = await response.text();
    return {
      status: response.status,
      functionError: response.headers.get('x-amz-function-error'),
      errorType: response.headers.get('x-amzn-errortype'),
      payload: text === '' ? undefined : JSON.parse(text),
    };
  }
}
