# Sourced by documents that work on files of the host that patterns name; needs archive-tree.sh.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# choose_files DIRECTORY PATTERN...: sets $tree_directory and $tree_roots (each entry once, none below another), patterns_missing and links_found.
# Patterns are expanded by the shell and only by the shell: no word splitting, no evaluation.
declare -a patterns_missing=() links_found=()
choose_files() {
  local pattern match matches found last=
  tree_directory=$1
  tree_roots=()
  shift
  shopt -s nullglob globstar
  cd -- "$tree_directory" || exit
  for pattern in "$@"; do
    # A pattern without wildcard that names nothing expands to itself; nullglob only drops those with one.
    # shellcheck disable=SC2206 # the expansion is the point
    IFS='' && matches=(./$pattern) && unset IFS
    found=0
    for match in "${matches[@]}"; do
      [[ -e $match || -L $match ]] || continue
      found=1
      tree_roots+=("${match%/}") # `**` also names the directory itself, as `./`
      [[ ! -L $match ]] || links_found+=("$match")
    done
    ((found)) || patterns_missing+=("$pattern")
  done
  shopt -u nullglob globstar
  # Sorted with every name ended by a slash, what lies below a folder comes right behind it.
  ((${#tree_roots[@]} > 0)) || return 0
  mapfile -d '' -t matches < <(printf '%s/\0' "${tree_roots[@]}" | sort --zero-terminated --unique)
  tree_roots=()
  for match in "${matches[@]}"; do
    [[ -n $last && ! -L ${last%/} && $match == "$last"* ]] && continue
    tree_roots+=("${match%/}")
    last=$match
  done
}
