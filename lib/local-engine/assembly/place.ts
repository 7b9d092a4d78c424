import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the assembly stands, as far as names and ARNs can tell. */
export interface Place {
  partition: string;
  region: string;
  account: string;
  urlSuffix: string;
}

/** The file of an engine's folder that holds its account, so that two engines on one machine are two accounts. */
export const ACCOUNT_FILE = 'account';
const NO_ACCOUNT = '000000000000';

/** `directory` is the engine's folder. */
export function localPlace(region: string, directory: string): Place {
  return { partition: 'aws', region, account: accountOf(directory), urlSuffix: 'amazonaws.com' };
}

function accountOf(directory: string): string {
  const file = join(directory, ACCOUNT_FILE);
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : NO_ACCOUNT;
  if (!/^\d{12}$/.test(text)) throw new Error(`${file} holds "${text}", which is no account number of 12 digits.`);
  return text;
}

/** An ARN of a regional resource, for example `arn(place, 'sns', 'Orders')`. */
export function arn(place: Place, service: string, resource: string): string {
  return `arn:${place.partition}:${service}:${place.region}:${place.account}:${resource}`;
}

/** The last part of an ARN that ends in `:name`, or the text itself when it is a bare name. */
export function nameInArn(arnOrName: string): string {
  return arnOrName.slice(arnOrName.lastIndexOf(':') + 1);
}

export function roleArn(place: Place, roleName: string, path = '/'): string {
  return `arn:${place.partition}:iam::${place.account}:role${path}${roleName}`;
}
