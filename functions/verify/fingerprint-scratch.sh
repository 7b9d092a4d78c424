#!/usr/bin/env bash
# Takes the fingerprint of the restored database and the answers of the suite's checks, for hosts whose scratch no agent can reach.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source scratch.sh
# source scratch-fingerprint.sh

need docker zstd aws openssl base64
decode bootstrap_user bootstrapUser
decode database database
decode_list checks checks # name, statement, name, statement, ...

take_fingerprint "$database"

# A check looks at the first column of the only row; how many rows there were goes with it. \x1d stands for null.
for ((i = 0; i + 1 < ${#checks[@]}; i += 2)); do
  if in_scratch -i "$database" psql -XAqtw -v ON_ERROR_STOP=1 --pset=null=$'\x1d' --field-separator=$'\x1f' --record-separator=$'\x1e' \
    >"$work/check" 2>"$work/check-errors" <<<"${checks[i + 1]}"; then
    mapfile -d $'\x1e' -t rows <"$work/check"
    value=${rows[0]-}
    value=${value%$'\n'}
    value=${value%%$'\x1f'*}
    if ((${#rows[@]} == 0)) || [[ $value == $'\x1d' ]]; then
      value=null
    else
      value=$(json_string "$value")
    fi
    printf '{"kind":"sql","name":%s,"rows":%d,"value":%s,"error":null}\n' "$(json_string "${checks[i]}")" "${#rows[@]}" "$value"
  else
    printf '{"kind":"sql","name":%s,"rows":0,"value":null,"error":%s}\n' "$(json_string "${checks[i]}")" "$(json_string "$(first_line "$work/check-errors")")"
  fi
done >>"$work/answers"

store fingerprint "$SSM_prefix$SSM_source.proof-$SSM_proof.$SSM_attempt.fingerprint.json" null fingerprint_json
result "{\"artifacts\":$(artifacts_json)}"
