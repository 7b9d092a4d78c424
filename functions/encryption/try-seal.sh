# Sourced by inspect-host: whether this host can encrypt as the suite file wants it.
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign
# source seal.sh

# What tool encrypts, beyond those that every document needs.
tool_of_seal() {
  case $SSM_encryption in
    age) printf age ;;
    gpg | gpg-symmetric) printf gpg ;;
  esac
}

# try_seal: a recipient that has expired or a passphrase file that is gone is told before anything is dumped.
try_seal() {
  begin_seal
  ((${#SEAL[@]} > 0)) || return 0
  printf 'nothing of value' | "${SEAL[@]}" >/dev/null 2>"$work/seal-errors" ||
    die EncryptionFailed "${SEAL[0]} does not encrypt as the suite file wants it: $(first_line "$work/seal-errors")"
}
