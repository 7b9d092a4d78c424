# Sourced by documents that store something: encrypts it on this host before it is sent, to keys whose other halves are not here, or by a
# passphrase that lies in a file.
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign
# source gpg.sh

# SEAL: the command that encrypts its stdin; nothing when nothing is to be encrypted. $seal_ending: what every key ends with then.
declare -a SEAL=()
seal_ending=
seal_began=
# A format that every gpg of the last twenty years reads; what comes is packed already. By a passphrase with the most rounds there are: it may
# be short, and with a given number gpg needs no agent, which would outlive the document.
seal_by_gpg=(--rfc4880 --cipher-algo AES256 --compress-algo none)
seal_by_passphrase=(--s2k-mode 3 --s2k-count 65011712 --s2k-digest-algo SHA512 --s2k-cipher-algo AES256)
# shellcheck disable=SC2034 # for store.sh
begin_seal() {
  local recipients=() each passphrase_file
  seal_began=yes
  case $SSM_encryption in
    none) ;;
    age)
      decode_list recipients recipients
      printf '%s\n' "${recipients[@]}" >"$work/recipients"
      SEAL=(age --encrypt --recipients-file "$work/recipients")
      seal_ending=.age
      ;;
    gpg)
      decode_list recipients recipients
      begin_gpg
      # Whether they are the right keys, the suite file says; there is no web of trust on this host.
      SEAL=("${GPG[@]}" "${seal_by_gpg[@]}" --trust-model always)
      for each in "${!recipients[@]}"; do
        printf '%s\n' "${recipients[each]}" >"$work/recipient-$each"
        SEAL+=(--recipient-file "$work/recipient-$each")
      done
      SEAL+=(--encrypt)
      seal_ending=.gpg
      ;;
    gpg-symmetric)
      find_passphrase
      begin_gpg
      SEAL=("${GPG[@]}" "${seal_by_gpg[@]}" "${seal_by_passphrase[@]}" --passphrase-file "$passphrase_file" --symmetric)
      seal_ending=.gpg
      ;;
    openssl)
      find_passphrase
      SEAL=(openssl enc -aes-256-cbc -pbkdf2 -pass "file:$passphrase_file")
      seal_ending=.enc
      ;;
    *) die ParameterInvalid "There is no encryption named \"$SSM_encryption\"." ;;
  esac
}

# Sets $passphrase_file. Its first line is the passphrase: gpg and openssl read no more. Neither this shell nor a command line ever holds it.
find_passphrase() {
  decode passphrase_file passphraseFile
  [[ -f $passphrase_file && -r $passphrase_file ]] ||
    die PassphraseFileUnusable "There is no file \"$passphrase_file\" on this host, or it may not be read."
  [[ ! $(find -H "$passphrase_file" -perm /007) ]] ||
    die PassphraseFileUnusable "The file \"$passphrase_file\" can be read or written by everybody: chmod o= it, and think of who may have read it."
  local -i length
  length=$(head -n 1 -- "$passphrase_file" | tr -d '\n' | wc -c)
  ((length > 0)) || die PassphraseFileUnusable "The first line of the file \"$passphrase_file\" is empty."
  # A proof hands it back to the host under RSA, which takes no more (put-key.ts).
  ((length <= 317)) ||
    die PassphraseFileUnusable "The first line of the file \"$passphrase_file\" has more than 317 bytes."
}
