#!/usr/bin/env bash
# Makes a key for one run: what opens a stored object comes to this host only sealed for it. The key never leaves its folder, and goes with the
# run. What the run will store on its way must be encrypted, too: that this host can do that is tried before anything is touched.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source try-seal.sh

sealer=$(tool_of_seal)
# shellcheck disable=SC2086 # none, or one word
need openssl base64 find grep head $sealer
try_seal
# The account stands in it: several engines on one machine may protect a suite of the same name.
key=suite-backup-key-$SSM_suite.$SSM_account-$SSM_owner
folder=${TMPDIR:-/tmp}/$key
rm -rf -- "$folder" # of an attempt whose answer was lost: nobody was told its public half
mkdir -m 700 -- "$folder"
made=
remove_unless_made() {
  [[ -n $made ]] || rm -rf -- "$folder"
}
undo remove_unless_made
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$folder/private.pem" 2>"$work/errors" ||
  die ToolMissing "openssl could not make a key: $(first_line "$work/errors")"
public=$(openssl pkey -in "$folder/private.pem" -pubout -outform DER | base64 --wrap=0)
made=yes
result "{\"key\":$(json_string "$key"),\"publicKey\":\"$public\"}"
