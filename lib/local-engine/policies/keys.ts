import type { Place } from '../assembly/place.ts';
import { arn } from '../assembly/place.ts';
import { type Assembly, resourcesOf } from '../assembly/read-assembly.ts';

/** AWS's own keys: everybody of the account may use them through the service they belong to. */
const OF_A_SERVICE = /^(arn:[^:]+:kms:[^:]*:[^:]*:)?alias\/aws\//;

/** The region in the ARN of a key. */
export function regionOf(keyArn: string): string {
  return keyArn.split(':')[3] ?? '';
}

/** The keys of an assembly by every name that a request or a resource may give them. */
export class Keys {
  readonly #place: Place;
  readonly #arns = new Map<string, string>();
  readonly #aliases = new Map<string, string[]>();

  constructor(assembly: Assembly) {
    this.#place = assembly.place;
    for (const { ref, arn: keyArn } of resourcesOf(assembly, 'AWS::KMS::Key')) {
      this.#arns.set(ref, keyArn as string);
      this.#arns.set(keyArn as string, keyArn as string);
    }
    for (const { name, properties } of resourcesOf(assembly, 'AWS::KMS::Alias')) {
      const target = this.#arns.get(String(properties.TargetKeyId));
      if (target === undefined) continue;
      this.#aliases.set(target, [...this.aliasesOf(target), name]);
      const region = regionOf(target);
      this.#arns.set(arn({ ...this.#place, region }, 'kms', name), target);
      // A bare name means the key of the region in which it is asked for: elsewhere it is given as an ARN.
      if (region === this.#place.region) this.#arns.set(name, target);
    }
  }

  /** The ARN of a key; a name that nobody knows stays as it is. */
  arnOf(name: string): string {
    return this.#arns.get(name) ?? name;
  }

  /** The names that a key has, by its ARN. */
  aliasesOf(keyArn: string): readonly string[] {
    return this.#aliases.get(keyArn) ?? [];
  }

  isOfAService(name: string): boolean {
    return OF_A_SERVICE.test(name);
  }

  /** What a key without a policy of its own gets: the account decides by the policies of its roles. */
  defaultPolicy(): object {
    const root = `arn:${this.#place.partition}:iam::${this.#place.account}:root`;
    return {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' }],
    };
  }
}
