import { describe, expect, it } from 'vitest';
import { parseSuite } from '../../../lib/config/parse-suite.ts';
import { problemsOf, suiteWith } from './suite-file.ts';

const [HERE, THERE] = ['111122223333', '444455556666'];
const withReplica = (replica: unknown) => suiteWith({ vault: { replica } });
const problems = (replica: unknown, region?: string) =>
  problemsOf(withReplica(replica), { local: false, region }).map(({ path, message }) => `${path} ${message}`);

describe('the replica', () => {
  it('is none unless asked for, and lies in the account of the vault unless said otherwise', () => {
    expect(parseSuite(suiteWith({}), { local: false }).vault.replica).toBeNull();
    const { vault } = parseSuite(withReplica({ region: 'eu-west-1' }), { local: false, region: 'us-east-1' });
    expect(vault.replica).toEqual({ region: 'eu-west-1', account: null, vaultAccount: null });
  });

  it('may lie in another account, which on one machine there is not', () => {
    const other = withReplica({ region: 'eu-west-1', account: THERE, vaultAccount: HERE });
    expect(parseSuite(other, { local: false }).vault.replica).toMatchObject({ account: THERE, vaultAccount: HERE });
    expect(parseSuite(other, { local: true }).vault.replica).toMatchObject({ account: null, vaultAccount: null });
  });

  it.each([
    [{}, 'vault.replica.region is missing'],
    [{ region: 'Ireland' }, "vault.replica.region must be the name of an AWS region such as 'eu-west-1'"],
    [{ region: 'eu-west-1' }, 'vault.replica.region is the region of the vault: the replica must lie in another'],
    [
      { region: 'eu-north-1', account: THERE },
      'vault.replica.vaultAccount is needed together with account: the replica lets that account in',
    ],
    [{ region: 'eu-north-1', vaultAccount: HERE }, 'vault.replica.account is needed together with vaultAccount'],
    [
      { region: 'eu-north-1', account: HERE, vaultAccount: HERE },
      'vault.replica.vaultAccount must be another account than that of the replica; leave both out when there is only one',
    ],
    [
      { region: 'eu-north-1', account: '12', vaultAccount: HERE },
      'vault.replica.account must be the 12 digits of an AWS account',
    ],
    [{ region: 'eu-north-1', bucket: 'mine' }, 'vault.replica.bucket is not known'],
  ])('%j is refused with its reason', (replica, message) => {
    expect(problems(replica, 'eu-west-1')).toEqual([message]);
  });
});
