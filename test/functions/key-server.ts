import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { jsonService } from '../../lib/local-engine/front/json-protocol.ts';
import { Keys } from '../../lib/local-engine/kms/keys.ts';
import { kmsApi } from '../../lib/local-engine/kms/kms-api.ts';
import { ServiceError } from '../../lib/local-engine/service-error.ts';

const ID = '00000000-0000-4000-8000-000000000000';

/** The engine's KMS with one signing key, for handlers that are imported: who asks is not looked at. */
export async function startKeyServer(): Promise<{ endpoint: string; signingKey: string; stop(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const arn = `arn:aws:kms:us-east-1:000000000000:key/${ID}`;
  const key = { id: ID, arn, spec: 'ECC_NIST_P256', description: '', enabled: true };
  const service = jsonService({
    version: '1.1',
    target: 'TrentService',
    call: kmsApi(new Keys({ declared: [key], aliases: [], folder }), () => {}),
  });
  const caller = { principal: { identityArn: '', arn: '' }, accessKeyId: '', service: 'kms', region: 'us-east-1', context: {} };
  const server = createServer(async (request, response) => {
    // Clients would set their clock by it (see the S3 server of the tests).
    response.sendDate = false;
    const { method = '', headers } = request;
    const body = await buffer(request);
    const asked = { method, path: [], query: new URLSearchParams(), headers, body, caller };
    const answer = await service.answer(asked).catch((error: unknown) => {
      if (!(error instanceof ServiceError)) throw error;
      return service.failure(error);
    });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signingKey: key.arn,
    stop: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
