#!/bin/bash
# npm run test:engine: the scenarios on a real Docker engine, with PostgreSQL 17 and with 15. Uses the engine that answers (DOCKER_HOST, or the
# machine's own); where none does, starts one of its own from an installed dockerd (root only) and stops it at the end.
#
#   SUITE_BACKUP_TEST_SECOND="a b": with the second version only files whose names contain one of these
#   SUITE_BACKUP_TEST_WITHOUT="a b": without these files of test/scenarios (names without .test.ts)
#
#   run.sh [vitest's arguments]      SUITE_BACKUP_TEST_VERSIONS="17 15"      SUITE_BACKUP_TEST_BENCH="--only files-3gb --strict": also measures there
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../../.."
export PATH=$PWD/node_modules/.bin:$PATH
read -ra versions <<<"${SUITE_BACKUP_TEST_VERSIONS:-17 15}"

if ! timeout 10 docker version >/dev/null 2>&1; then
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    echo 'No Docker engine answers and none is installed here: apt-get install -y docker.io debootstrap' >&2
    exit 2
  fi
  if [[ $(id -u) -ne 0 ]]; then
    echo 'No Docker engine answers, and only root can start one: sudo systemctl start docker, or run this command as root' >&2
    exit 2
  fi
  folder=$(mktemp -d /tmp/suite-backup-engine.XXXXXX)
  # What stays behind here says nothing about the tests: the status is theirs.
  trap '"$here/stop-dockerd.sh" "$folder" || true' EXIT
  # An interrupt must pass through EXIT.
  trap 'exit 130' INT TERM HUP
  DOCKER_HOST=$("$here/start-dockerd.sh" "$folder")
  export DOCKER_HOST
fi
if [[ $(id -u) -ne 0 ]]; then
  echo 'These tests write to volumes at their mountpoints, as the suite itself reads them there: run this command as root.' >&2
  exit 2
fi

# Containers that are gone are made by compose.
if ! docker compose version >/dev/null 2>&1; then
  DOCKER_CONFIG=$("$here/fetch-compose.sh")
  export DOCKER_CONFIG
fi

missing=()
for version in "${versions[@]}"; do
  docker image inspect "suite-backup-test/postgres:$version" >/dev/null 2>&1 || missing+=("$version")
done
((${#missing[@]} == 0)) || "$here/build-images.sh" "${missing[@]}"

status=0
left_out=() filters=("$@")
without=()
for name in ${SUITE_BACKUP_TEST_WITHOUT:-}; do
  [[ -e test/scenarios/$name.test.ts ]] || { echo "There is no test/scenarios/$name.test.ts (SUITE_BACKUP_TEST_WITHOUT)" >&2; exit 2; }
  without+=(--exclude "test/scenarios/$name.test.ts")
done
((${#without[@]} == 0)) || printf '\nLeft out here, as SUITE_BACKUP_TEST_WITHOUT says: %s\n' "$SUITE_BACKUP_TEST_WITHOUT"
for version in "${versions[@]}"; do
  printf '\nScenarios on Docker %s with PostgreSQL %s\n' "$(docker version --format '{{.Server.Version}}')" "$version"
  ((${#left_out[@]} == 0)) || printf 'Without %d files that start no server, so that nothing in them depends on its version: they ran with %s.\n' "$((${#left_out[@]} / 2))" "${versions[0]}"
  ((${#filters[@]} == 0)) || printf 'Only files whose names contain one of: %s\n' "${filters[*]}"
  SUITE_BACKUP_TEST_HOST=docker SUITE_BACKUP_TEST_POSTGRES=$version vitest run --project scenarios --passWithNoTests "${without[@]}" "${left_out[@]}" "${filters[@]}" || status=$?
  mapfile -t left_out < <(grep -LE 'host\.(postgres|project)\(' test/scenarios/*.test.ts | sed 's/^/--exclude\n/')
  [[ ${#filters[@]} -gt 0 || -z ${SUITE_BACKUP_TEST_SECOND:-} ]] || read -ra filters <<<"$SUITE_BACKUP_TEST_SECOND"
done
if [[ -n ${SUITE_BACKUP_TEST_BENCH:-} ]]; then
  printf '\nMeasured on Docker with PostgreSQL %s\n' "${versions[0]}"
  # shellcheck disable=SC2086 # words
  SUITE_BACKUP_TEST_HOST=docker SUITE_BACKUP_TEST_POSTGRES=${versions[0]} node test/bench/bench.ts $SUITE_BACKUP_TEST_BENCH || status=$?
fi
exit "$status"
