#!/usr/bin/env bash
# What the host is and has; everything that is missing in one message.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../encryption/try-seal.sh

needed=(docker aws zstd tar openssl curl tee split awk find xargs base64 sed)
[[ $SSM_plainSql != true ]] || needed+=(gzip)
sealer=$(tool_of_seal)
[[ -z $sealer ]] || needed+=("$sealer")
need "${needed[@]}"

# Older ones cannot send If-None-Match, so the vault would refuse the upload: say so before the first byte.
aws_version=$(aws --version 2>&1) || die ToolMissing "The AWS CLI does not start: $aws_version"
[[ $aws_version =~ ^aws-cli/([0-9]+)\.([0-9]+)\. ]] || die ToolMissing "The AWS CLI does not tell its version: $aws_version"
((BASH_REMATCH[1] > 2 || (BASH_REMATCH[1] == 2 && BASH_REMATCH[2] >= 33))) ||
  die ToolMissing "The AWS CLI is ${aws_version%% *}; 2.33.0 or newer is needed (s3 cp --no-overwrite)."

o='{'
o+='{'
docker_version=$(docker version --format "${o}.Server.Version}}" 2>&1) ||
  die HostPermission "The Docker engine does not answer: $(printf '%s' "$docker_version" | tr '\n' ' ')"

tools="{\"aws\":$(json_string "${aws_version%% *}")"
for tool in zstd tar openssl $sealer; do
  option=--version
  [[ $tool != openssl ]] || option=version
  version=$("$tool" "$option" | sed -n 1p) # reads to the end: no tool gets a broken pipe
  tools+=",\"$tool\":$(json_string "$version")"
done
try_seal
result "{\"docker\":$(json_string "$docker_version"),\"tools\":$tools},\"kernel\":$(json_string "$(uname -sr)"),\"warnings\":[]}"
