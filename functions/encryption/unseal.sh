# Sourced by documents that get a stored object: decrypts it with what opens this one object, which comes sealed for the key that this host
# made for the run (make-key.sh).
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign
# source gpg.sh

begin_unseal() {
  local private=${TMPDIR:-/tmp}/$SSM_runKey/private.pem
  case $SSM_sealed in
    none) return ;;
    age) need age tail ;;
    openpgp) need gpg && begin_gpg ;;
    openssl) ;;
    *) die ParameterInvalid "There is no encryption named \"$SSM_sealed\"." ;;
  esac
  [[ $SSM_runKey && -f $private ]] || die KeyMissing 'The key that this host made for the run is not here any more; start the run again.'
  base64 --decode <<<"$SSM_header" >"$work/header"
  base64 --decode <<<"$SSM_opener" |
    openssl pkeyutl -decrypt -inkey "$private" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 >"$work/opener" 2>"$work/unseal-errors" ||
    die KeyWrong "What opens the stored object was not made for the key of this run: $(first_line "$work/unseal-errors")"
}

# unsealed COMMAND...: COMMAND gets what comes in as it was before it was encrypted. Fails when either of the two does.
unsealed() {
  local status=(0 0)
  if [[ $SSM_sealed == none ]]; then
    "$@"
    return
  fi
  decrypt 2>"$work/unseal-errors" | "$@" || status=("${PIPESTATUS[@]}")
  printf '%d' "${status[0]}" >"$work/unseal-status"
  return $((status[1] != 0 ? status[1] : status[0]))
}

decrypt() {
  case $SSM_sealed in
    age) { cat "$work/header" && tail --bytes="+$((SSM_headerBytes + 1))"; } | age --decrypt --identity "$work/opener" ;;
    openpgp) "${GPG[@]}" --override-session-key-fd 9 --decrypt 9<"$work/opener" ;;
    openssl) openssl enc -d -aes-256-cbc -pbkdf2 -pass "file:$work/opener" ;;
  esac
}

# why_unreadable ERRORS: what kept stored bytes from being read to their end; ERRORS are those of the program behind the decryption. gpg tells
# the session key that it was given, which belongs into no log.
why_unreadable() {
  local status
  if [[ -e $work/unseal-status ]]; then
    status=$(<"$work/unseal-status")
    if ((status != 0 && status != 141)); then
      grep -v 'seskey' "$work/unseal-errors" >"$work/unseal-said" || true
      printf 'cannot be decrypted: %s' "$(first_line "$work/unseal-said")"
      return
    fi
  fi
  printf 'cannot be decompressed: %s' "$(first_line "$1")"
}
