import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import type { Engine } from '../../../../lib/local-engine/engine.ts';
import { signatureOf } from '../../../../lib/local-engine/sigv4.ts';

export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

type Answer = Record<string, Record<string, string>>;

/** Calls the STS API; the SDK's client for it is not among this project's dependencies. */
export async function sts(
  { endpoint, region }: Engine,
  credentials: SessionCredentials,
  action: string,
  parameters: Record<string, string> = {},
): Promise<{ status: number; result: Answer; error: { Code: string; Message: string } | undefined }> {
  const body = new URLSearchParams({ Action: action, Version: '2011-06-15', ...parameters }).toString();
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const signed: Record<string, string> = {
    host: new URL(endpoint).host,
    'x-amz-date': timestamp,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const payloadHash = createHash('sha256').update(body).digest('hex');
  const signature = signatureOf(
    { method: 'POST', path: '/', query: [], headers: Object.entries(signed), payloadHash },
    { timestamp, region, service: 'sts' },
    credentials.secretAccessKey,
  );
  const scope = `${credentials.accessKeyId}/${timestamp.slice(0, 8)}/${region}/sts/aws4_request`;
  const names = Object.keys(signed).sort().join(';');
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const response = await fetch(endpoint, { method: 'POST', body, headers: { ...signed, authorization } });
  const document = new XMLParser({ parseTagValue: false }).parse(await response.text());
  return {
    status: response.status,
    result: document[`${action}Response`]?.[`${action}Result`] ?? {},
    error: document.ErrorResponse?.Error,
  };
}

/** The credentials in the answer to AssumeRole. */
export function credentialsIn({ Credentials }: Answer): Required<SessionCredentials> & { expiration: Date } {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration = '' } = Credentials ?? {};
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: new Date(Expiration),
  };
}
