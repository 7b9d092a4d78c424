import { type ClientRequest, get } from 'node:http';
import { join } from 'node:path';
import { type Engine, outputsOf } from '../engine.ts';
import type { Credentials } from '../principals.ts';
import { locateObject } from '../s3/layout.ts';
import type { Card } from './card.ts';
import type { Introduction } from './control.ts';

/**
 * Joins the engine that left a card. Undefined when nobody answers there.
 * @throws Error `AssemblyDiffers` when that engine carries out another assembly than the one with this digest
 */
export async function joinEngine(card: Card, directory: string, digest: string): Promise<Engine | undefined> {
  const membership = await hold(card, '/_engine/join').catch(() => undefined);
  if (membership === undefined) return undefined;
  const introduction = (await ask(card, '/_engine/hello').catch(() => undefined)) as Introduction | undefined;
  if (introduction === undefined) {
    membership.destroy();
    return undefined;
  }
  if (introduction.digest !== digest) {
    membership.destroy();
    const message = `Process ${card.pid} runs the engine on this directory with another version of the assembly; wait until it has ended.`;
    throw Object.assign(new Error(message), { name: 'AssemblyDiffers' });
  }
  return {
    endpoint: card.endpoint,
    region: card.region,
    operatorCredentials: card.operator,
    report: introduction.report,
    outputs: (stackName) => outputsOf(introduction.outputs, stackName),
    objectFile: (bucket, key, versionId) => locateObject(join(directory, 's3'), bucket, key, versionId),
    credentialsFor: async (role) => (await ask(card, `/_engine/credentials?role=${encodeURIComponent(role)}`)) as Credentials,
    idle: async () => {
      await ask(card, '/_engine/idle');
    },
    runSchedules: async (signal) => {
      if (signal.aborted) return;
      const request = await hold(card, '/_engine/schedules');
      await new Promise<void>((resolve) => {
        request.once('close', resolve);
        signal.addEventListener('abort', () => request.destroy(), { once: true });
      });
    },
    close: async () => {
      membership.destroy();
    },
  };
}

function ask(card: Card, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get(
      `${card.endpoint}${path}`,
      { agent: false, headers: { 'x-engine-token': card.token } },
      async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
          if (response.statusCode !== 200) throw new Error(`The engine answered ${response.statusCode} to ${path}`);
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        } catch (error) {
          reject(error);
        }
      },
    );
    request.once('error', reject);
  });
}

/** Opens an exchange that lasts until one side ends it. */
function hold(card: Card, path: string): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = get(`${card.endpoint}${path}`, { agent: false, headers: { 'x-engine-token': card.token } }, (response) => {
      response.resume();
      response.once('error', () => {});
      if (response.statusCode === 200) resolve(request);
      else reject(new Error(`The engine answered ${response.statusCode} to ${path}`));
    });
    request.on('error', reject);
  });
}
