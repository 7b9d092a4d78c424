import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../../functions/files/container-folder.sh', import.meta.url));

/** The mounts that a script finds when Docker tells of them as `docker` does: it gets the template as $5, and what stands behind it is text. */
function mountsFound(docker: string) {
  const script = `set -euo pipefail
    o='{''{' container=shop
    docker() {
      case $5 in
        *Mounts*) ${docker} ;;
        *) echo / ;;
      esac
    }
    source '${SCRIPT}'
    look_into_container
    for mount in "\${!container_mounts[@]}"; do echo "$mount from \${container_mounts[$mount]}"; done | sort`;
  const { status, stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  return { status, found: stdout.split('\n').filter((line) => line !== '') };
}

describe('the mounts of a container', () => {
  it('are all known, one in memory too, which has no source and comes last', () => {
    const said = `printf '/app/uploads\\n/srv/uploads\\n/app/cache\\n\\n%s\\n' "\${5##*\\}\\}}"`;
    expect(mountsFound(said)).toEqual({ status: 0, found: ['/app/cache from ', '/app/uploads from /srv/uploads'] });
    expect(mountsFound(`printf '%s\\n' "\${5##*\\}\\}}"`)).toEqual({ status: 0, found: [] });
  });

  it('that Docker does not tell end the script: none would mean that nothing is hidden', () => {
    expect(mountsFound('return 1')).toEqual({ status: 1, found: [] });
  });
});
