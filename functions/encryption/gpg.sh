# Sourced by documents that encrypt or decrypt with gpg.
# shellcheck shell=bash disable=SC2154 # the prelude assigns

# GPG: gpg with a home of its own that is gone with the document: no keyring and no settings of this host, and no agent.
declare -a GPG=()
# shellcheck disable=SC2034 # for those who source this
begin_gpg() {
  [[ -d $work/gnupg ]] || mkdir -m 700 -- "$work/gnupg"
  GPG=(gpg --homedir "$work/gnupg" --no-options --batch --no-tty --quiet --no-autostart)
}
