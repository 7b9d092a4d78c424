import { isRecord } from './raw-value.ts';

/** The instance that stands in bin/suite.ts until somebody gives a real one: synthesis works with it, deployment refuses it. */
export const PLACEHOLDER_INSTANCE = 'i-00000000000000000';

/** On one machine the host is this machine, and an agent reaches it over loopback. */
const LOCAL_HOST = {
  instanceId: PLACEHOLDER_INSTANCE,
  roleName: 'docker-host',
  address: '127.0.0.1',
  network: { vpcId: 'vpc-local', subnetIds: ['subnet-local'], securityGroupIds: ['sg-local'] },
};

/** Values of the CDK context (`-c instanceId=…`); lists are separated by commas. */
const TEXTS = ['instanceId', 'roleName', 'address'] as const;
const LISTS = ['subnetIds', 'securityGroupIds'] as const;

export const CONTEXT_NAMES = [...TEXTS, 'vpcId', ...LISTS] as const;

export interface HostOptions {
  readonly local: boolean;
  /** Where the vault will lie, as far as that is known. */
  readonly region?: string | undefined;
  readonly overrides?: Readonly<Record<string, string | undefined>>;
}

/** The declared host with the context's values over it and, locally, the local machine's beneath it. */
export function completeHost(declared: unknown, { local, overrides = {} }: HostOptions): unknown {
  if (declared !== undefined && !isRecord(declared)) return declared;
  const given = { ...declared, ...pick(TEXTS, overrides) };
  const network = overrideNetwork(given.network, overrides);
  if (!local) return { ...given, ...(network === undefined ? {} : { network }) };
  // The address of the real host cannot be listened on here.
  return { ...LOCAL_HOST, ...given, address: LOCAL_HOST.address, network: network === undefined ? LOCAL_HOST.network : network };
}

function overrideNetwork(declared: unknown, overrides: NonNullable<HostOptions['overrides']>): unknown {
  const lists = Object.fromEntries(LISTS.flatMap((name) => (overrides[name] ? [[name, overrides[name].split(',')]] : [])));
  const given = { ...pick(['vpcId'], overrides), ...lists };
  if (Object.keys(given).length === 0) return declared;
  return { ...(isRecord(declared) ? declared : {}), ...given };
}

function pick(names: readonly string[], from: NonNullable<HostOptions['overrides']>): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (from[name] ? [[name, from[name]]] : [])));
}
