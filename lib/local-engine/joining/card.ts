import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '../principals.ts';

/** What a running engine leaves in its directory, so that other processes of the same user can join it. */
export interface Card {
  pid: number;
  endpoint: string;
  region: string;
  operator: Credentials;
  /** Must come with every call of the engine's own interface. */
  token: string;
}

export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Writes the card, readable by its owner only, at once and whole. */
export function writeCard(directory: string, card: Card): void {
  const draft = join(directory, `engine.json.${card.pid}`);
  writeFileSync(draft, `${JSON.stringify(card, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, cardFile(directory));
}

export function removeCard(directory: string): void {
  rmSync(cardFile(directory), { force: true });
}

/** The card of the engine that runs, or last ran, on this directory; undefined when there is none. */
export function readCard(directory: string): Card | undefined {
  try {
    return JSON.parse(readFileSync(cardFile(directory), 'utf8')) as Card;
  } catch {
    return undefined;
  }
}

function cardFile(directory: string): string {
  return join(directory, 'engine.json');
}
