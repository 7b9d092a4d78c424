#!/usr/bin/env bash
# Archives files of the host that patterns name: env files, compose files, certificates.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../files/archive-tree.sh
# source ../files/choose-files.sh

need aws zstd openssl tar tee split awk find xargs base64
decode directory directory
decode_list include include
decode_list exclude exclude
[[ -d $directory ]] || die PathNotFound "There is no directory \"$directory\" on this host."
[[ -r $directory && -x $directory ]] || die HostPermission "The directory \"$directory\" may not be read; run as root."

choose_files "$directory" "${include[@]}"
warnings=
# A link to elsewhere is kept as a link; that its target is not in the backup must be said (certificates are often such links).
for match in "${links_found[@]}"; do
  warnings+="${warnings:+,}{\"name\":\"LinkNotFollowed\",\"message\":$(json_string "$match is a link to $(readlink -- "$match"); declare the directory it points into, too.")}"
done
cd /
if ((${#patterns_missing[@]} > 0)); then
  list=$(printf '"%s" ' "${patterns_missing[@]}")
  [[ $SSM_optional == true && ${#tree_roots[@]} -gt 0 ]] || die NoFileMatches "In \"$directory\" nothing matches ${list% }."
  warnings+="${warnings:+,}{\"name\":\"NoFileMatches\",\"message\":$(json_string "Nothing matches ${list% }.")}"
fi

exclude_from_tree "${exclude[@]}"
capture_tree "The directory \"$directory\"" "$SSM_prefix$SSM_source.$SSM_attempt"
result "{\"artifacts\":$(artifacts_json),\"container\":null,\"server\":null,\"resolved\":$(json_string "$directory"),\"warnings\":[$warnings${warnings:+${tree_warnings:+,}}$tree_warnings]}"
