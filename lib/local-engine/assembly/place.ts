/** Where the assembly stands, as far as names and ARNs can tell. */
export interface Place {
  partition: string;
  region: string;
  account: string;
  urlSuffix: string;
}

export function localPlace(region: string): Place {
  return { partition: 'aws', region, account: '000000000000', urlSuffix: 'amazonaws.com' };
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
