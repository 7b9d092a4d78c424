# Sourced by documents that put objects into the vault (# source in the document).
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign
# source ../encryption/seal.sh

# store ROLE KEY RAW_BYTES PRODUCER...: what PRODUCER writes becomes the object s3://bucket/KEY, encrypted if the suite file says so (KEY then gets
# another ending); appends its JSON to ARTIFACTS and gives back PRODUCER's status. A status of $tolerated is no failure. Hashes and bytes are
# those of what is stored.
#
# The uploader's input is a named pipe that this shell keeps open: when the producer fails, the uploader is ended before it can see the
# end of the stream, so a cut stream never becomes a complete object (`producer | aws s3 cp -` exits 0 then: measured).
# openssl hashes 3.7 times as fast as sha256sum; chunks let the read-back work in parallel and stay below 15 minutes each.
# $expected_bytes: how large the object may become, if the document knows (a quarter is added: bytea in hexadecimal, headers of small files).
# The uploader makes its parts large enough for the larger of that and twice the last size, or a grown source would die at part 10,000; the
# chunks grow likewise, or the list of their hashes would be longer than a result may be. Either would fail every further run, too: only a
# sealed point tells the next one how large the last was.
declare -a ARTIFACTS=()
tolerated=0
expected_bytes=0
most_chunks=150
store() {
  [[ -n $seal_began ]] || begin_seal
  local role=$1 key=$2$seal_ending raw=$3
  shift 3
  local expected=$((expected_bytes + expected_bytes / 4)) chunk_bytes
  chunk_bytes=$(larger "$SSM_chunkBytes" $((expected / most_chunks + 1)))
  local pipe=$work/$role started status=0 cut=0 unsealed=0 uploader sealer='' tee whole chunks count ticker
  local entry=$pipe.in
  started=$(now)
  mkfifo "$pipe.in" "$pipe.up" "$pipe.whole" "$pipe.chunks" "$pipe.count"

  aws s3 cp - "s3://$SSM_bucket/$key" --no-overwrite --only-show-errors --expected-size "$(larger "${SSM_expectedBytes:-0}" "$expected")" \
    <"$pipe.up" >"$pipe.upload-log" 2>&1 3>&- &
  uploader=$!
  exec {hold}>"$pipe.up"
  openssl dgst -sha256 -r <"$pipe.whole" >"$pipe.sha256" 3>&- {hold}>&- &
  whole=$!
  split --bytes="$chunk_bytes" --filter='openssl dgst -sha256 -r' - <"$pipe.chunks" >"$pipe.sha256s" 3>&- {hold}>&- &
  chunks=$!
  wc -c <"$pipe.count" >"$pipe.bytes" 3>&- {hold}>&- &
  count=$!
  tee "$pipe.whole" "$pipe.chunks" "$pipe.count" <"$pipe.in" >&"$hold" 2>/dev/null 3>&- &
  tee=$!
  report_bytes "$tee" 3>&- {hold}>&- &
  ticker=$!

  if ((${#SEAL[@]} > 0)); then
    entry=$pipe.plain
    mkfifo "$entry"
    "${SEAL[@]}" <"$entry" >"$pipe.in" 2>"$pipe.seal-log" 3>&- {hold}>&- &
    sealer=$!
  fi

  "$@" >"$entry" {hold}>&- || status=$?
  [[ -z $sealer ]] || wait "$sealer" || unsealed=$?
  wait "$tee" || cut=$?
  kill "$ticker" 2>/dev/null || true

  if ((status > tolerated || cut != 0 || unsealed != 0)); then
    kill -TERM "$uploader" 2>/dev/null || true
    exec {hold}>&-
    wait "$uploader" || true
    # tee ends badly only when nobody reads any more: then the upload went first, and the producer only felt it.
    ((cut == 0)) || die UploadFailed "The upload of $key ended before its data did. $(first_line "$pipe.upload-log")"
    # Likewise the producer, when nothing is encrypted any more.
    ((unsealed == 0)) || die EncryptionFailed "${SEAL[0]} ended with status $unsealed before $key was encrypted: $(first_line "$pipe.seal-log")"
    return "$status"
  fi
  local hasher
  for hasher in "$whole" "$chunks" "$count"; do
    wait "$hasher" || die UploadFailed "A program that hashes or counts $key ended with status $?."
  done
  exec {hold}>&-
  # A tool that was ended from outside says nothing: then its status is all there is.
  wait "$uploader" || die UploadFailed "The upload of $key failed with status $?: $(first_line "$pipe.upload-log")"
  ARTIFACTS+=("$(artifact_json "$role" "$key" "$raw" "$pipe" "$(seconds_since "$started")")")
  return "$status"
}

larger() {
  printf '%s' "$(($1 > $2 ? $1 : $2))"
}

# report_bytes PID: every second, how far the source is. A producer that knows better than the stream (a compressor holds megabytes
# back) writes `progress-raw BYTES` lines to $work/raw. sleep must not hold our log open, or the command seems to run a second longer.
report_bytes() {
  local name value bytes
  while sleep 1 &>/dev/null; do
    bytes=
    if [[ -s $work/raw ]]; then
      bytes=$(grep '^progress-raw [0-9]*$' "$work/raw" | tail -n 1) || true
      bytes=${bytes#progress-raw }
    else
      while read -r name value; do
        [[ $name != rchar: ]] || bytes=$value
      done <"/proc/$1/io" || return 0
    fi 2>/dev/null
    [[ -z $bytes ]] || progress "${SSM_source:-}" "$bytes" ''
  done
}

artifact_json() {
  local role=$1 key=$2 raw=$3 pipe=$4 seconds=$5 sha256 list='' hash compression=none
  read -r sha256 _ <"$pipe.sha256"
  while read -r hash _; do
    list+="${list:+,}\"$hash\""
  done <"$pipe.sha256s"
  case ${key%"$seal_ending"} in
    *.zst) compression=zstd ;;
    *.gz) compression=gzip ;;
  esac
  printf '{"role":"%s","key":%s,"bytes":%d,"rawBytes":%s,"sha256":"%s","chunkBytes":%s,"chunks":[%s],"compression":"%s","encryption":"%s","seconds":%s}' \
    "$role" "$(json_string "$key")" "$(<"$pipe.bytes")" "$raw" "$sha256" "$chunk_bytes" "$list" "$compression" "$SSM_encryption" "$seconds"
}

artifacts_json() {
  local IFS=,
  printf '[%s]' "${ARTIFACTS[*]}"
}

# One frame with a checksum, all cores. A function, so that every artifact is made alike.
compress() {
  zstd --quiet --threads=0 -3 "$@"
}
