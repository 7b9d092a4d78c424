import { afterAll, describe, expect, it } from 'vitest';
import { HostMachine } from '../host-machine.ts';

/** A Docker with one scratch server, which goes away after some looks, or never, while somebody else's removal of it is in progress. */
const dockerThat = (goes: boolean) => `#!/bin/bash
case $1 in
  ps)
    echo x >>"$STORED/looks.part"
    [[ $(wc -l <"$STORED/looks.part") -gt 3 && ${goes} == true ]] || echo 0123456789ab ;;
  rm) echo 'removal of container 0123456789ab is already in progress' >&2; exit 1 ;;
esac
`;

const machine = new HostMachine({ docker: dockerThat(true) });
afterAll(() => machine.remove());
const removeScratch = () => machine.run('functions/verify/remove-scratch.sh', { suite: 'shop', account: '123456789012' });

describe('a scratch server', () => {
  it('that somebody else is removing already is waited for', () => {
    const { status, said, log } = removeScratch();
    expect({ status, error: said.error }, log).toEqual({ status: 0, error: undefined });
  });

  it('that does not go is told of with the words of Docker', () => {
    machine.tool('docker', dockerThat(false));
    expect(removeScratch().said.error).toEqual({
      name: 'ScratchFailed',
      message: 'A scratch server cannot be removed: removal of container 0123456789ab is already in progress ',
    });
  });
});
