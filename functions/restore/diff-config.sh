#!/usr/bin/env bash
# Shows how files of the host differ from a recovery point, values masked. The stored ones lie in the scratch area meanwhile, for root only.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh
# source ../files/archive-tree.sh
# source ../files/choose-files.sh
# include mask.awk as mask

need curl zstd tar find diff cmp awk sort base64 grep
find_way
decode directory directory
decode_list include include
decode_list exclude exclude
# One result has 24,000 characters: what differs is named first, and its lines leave room for names.
longest=22000 longest_lines=16000 longest_line=200

mkdir "$work/point" "$work/nothing"
set +e
fetch "$url" | unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors" |
  tar --extract --directory="$work/point" --no-same-owner --no-same-permissions --warning=no-timestamp 2>"$work/tar-errors"
status=("${PIPESTATUS[@]}")
set -e
((status[0] == 0)) || die DownloadFailed "The stored files of \"$directory\" could not be fetched: $(first_line "$work/fetch-errors")"
((status[1] == 0 && status[2] == 0)) ||
  die ArchiveUnreadable "The stored files of \"$directory\" $(why_unreadable "$work/zstd-errors")$(first_line "$work/tar-errors")"

live=$work/nothing
if [[ -d $directory ]]; then
  live=$directory
  choose_files "$directory" "${include[@]}"
  cd /
  exclude_from_tree "${exclude[@]}"
fi
{
  (cd -- "$work/point" && find . ! -type d -print0)
  ((${#tree_roots[@]} == 0)) || [[ $live == "$work/nothing" ]] || find_in_tree ! -type d -print0
} | sort --zero-terminated --unique >"$work/names"

# Bytes are shown only where every line can be judged.
differences() { # NAME OLD NEW
  local show=nothing
  if [[ -L $2 || -L $3 ]]; then
    printf 'a link: %s instead of %s\n' "$(readlink -- "$3" || printf 'no link')" "$(readlink -- "$2" || printf 'no link')"
    return
  fi
  if ! grep --quiet --text --invert-match --perl-regexp '\x00' "$2" "$3" 2>/dev/null || grep --quiet --text --perl-regexp '\x00' "$2" "$3" 2>/dev/null; then
    printf 'not text: %d bytes instead of %d\n' "$(wc -c <"$3")" "$(wc -c <"$2")"
    return
  fi
  case ${1##*/} in
    .env* | *.env | *.env.*) show=names ;;
    *.yml | *.yaml | *.json | *.conf | *.cfg | *.cnf | *.ini | *.toml | *.properties | *.service) show=values ;;
  esac
  diff --text --unified=1000000 -- "$2" "$3" | awk -v show="$show" "$mask" | cut -c "1-$longest_line" || true
}

files=() differing=() length=0 length_of_same=0 unnamed=0
while IFS= read -r -d '' name; do
  old=$live/$name new=$work/point/$name lines=''
  if [[ ! -e $new && ! -L $new ]]; then
    state=new
  elif [[ ! -e $old && ! -L $old ]]; then
    state=missing
  elif [[ -L $old || -L $new ]]; then
    state=changed
    [[ ! (-L $old && -L $new) || $(readlink -- "$old") != "$(readlink -- "$new")" ]] || state=same
  else
    state=changed
    ! cmp --silent -- "$old" "$new" || state=same
  fi
  if [[ $state == changed ]]; then
    differences "$name" "$old" "$new" >"$work/lines"
    while IFS= read -r line; do
      if ((length + ${#lines} > longest_lines)); then
        lines+=${lines:+,}$(json_string '(more differs than is shown)')
        break
      fi
      line=$(json_string "$line")
      lines+=${lines:+,}$line
    done <"$work/lines"
  fi
  file="{\"name\":$(json_string "${name#./}"),\"state\":\"$state\",\"diff\":[$lines]}"
  if [[ $state == same ]]; then
    length_of_same=$((length_of_same + ${#file} + 1))
  elif ((length + ${#file} > longest)); then
    unnamed=$((unnamed + 1))
    continue
  else
    length=$((length + ${#file} + 1))
    differing+=("$file")
  fi
  files+=("$file")
done <"$work/names"
((length + length_of_same <= longest)) || files=("${differing[@]}")
result "{\"files\":[$(IFS=, && printf '%s' "${files[*]}")],\"unnamed\":$unnamed}"
