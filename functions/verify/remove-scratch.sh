#!/usr/bin/env bash
# Removes scratch servers and work folders of this suite: of a proof that ended, or of runs that were killed.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign

need docker
find_containers() {
  mapfile -t containers < <(docker ps --all --quiet --no-trunc --filter "label=suite-backup.scratch=$SSM_suite.$SSM_account" 2>"$work/list-errors")
}
find_containers
removed=${#containers[@]}
# A command that was just ended may be removing its own: Docker refuses the second removal, and the container is gone a moment later.
deadline=$((SECONDS + 30))
while ((${#containers[@]} > 0)); do
  docker rm --force --volumes "${containers[@]}" >/dev/null 2>"$work/errors" || sleep 0.2
  find_containers
  ((${#containers[@]} == 0 || SECONDS < deadline)) || die ScratchFailed "A scratch server cannot be removed: $(first_line "$work/errors")"
done
shopt -s nullglob
for folder in "${TMPDIR:-/tmp}/suite-backup-scratch-$SSM_suite.$SSM_account-"*; do
  rm -rf -- "$folder"
  removed=$((removed + 1))
done
# Keys of proofs and restores go with their run. The one of a plan, which holds no lock, may be in use: it goes when no plan can last so long.
for folder in "${TMPDIR:-/tmp}/suite-backup-key-$SSM_suite.$SSM_account-"*; do
  [[ $folder != *-plan-* || $(find "$folder" -maxdepth 0 -mmin +1500) ]] || continue
  rm -rf -- "$folder"
  removed=$((removed + 1))
done
# A work folder carries the id of the process that made it; one whose process is gone was left by a kill.
for folder in "${TMPDIR:-/tmp}"/suite-backup.*.*; do
  owner=${folder##*/suite-backup.}
  [[ ! ${owner%%.*} =~ ^[0-9]+$ || -e /proc/${owner%%.*} ]] || rm -rf -- "$folder"
done
result "{\"removed\":$removed}"
