# A unified diff with the whole files around it becomes its changed lines. Shown is what is known to be harmless; all else is ***.
# -v show=nothing: not a word of a line; names: the names of NAME=value; values: of `key: value` too, and values that is_shown knows.

function is_secret(name) {
  return tolower(name) ~ /pass|pw|phrase|pin|code|secret|token|key|cred|auth|salt|private|cert|dsn|conn|ur[il]|sign|hash|licen|hook|cookie|session|jwt|otp|seed|account|login|user/
}
# What stands where a name should, but may be a word of somebody's base64.
function is_random(name) {
  return length(name) >= 20 && name ~ /[0-9]/ && name ~ /[a-z]/ && name ~ /[A-Z]/
}
# Also with a unit, and ports and addresses; never so many digits in a row that they could be more than that.
function is_number(value) {
  return value ~ /^["']?-?[0-9][0-9.:\/]*[A-Za-z%]?[A-Za-z]?["']?,?$/ && value !~ /[0-9][0-9][0-9][0-9][0-9][0-9]/
}
function is_shown(key, value) {
  gsub(/^[ \t]+|[ \t\r]+$/, "", value)
  if (value == "") return 1
  if (show != "values" || is_secret(key)) return 0
  if (is_number(value) || value ~ /^["']?(true|false|yes|no|on|off|null)["']?,?$/ || value ~ /^[[{]$/) return 1
  gsub(/[^A-Za-z_]/, "", key)
  if (key !~ /^(image|version|ports|restart|platform|container_name|network_mode|pull_policy|log_?level)$/) return 0
  sub(/@sha256:[0-9a-f]+/, "", value)
  return value ~ /^["']?[A-Za-z0-9._\/:${}-]+["']?,?$/ && value !~ /:\/\//
}
function shown(key, value) {
  if (is_random(key)) return "***"
  if (is_shown(key, value)) return key value
  return key (value ~ /^[ \t]/ ? " ***" : "***")
}
function indent_of(line) {
  match(line, /^[ \t]*/)
  return RLENGTH
}
# What a line leaves open goes on in the next: a value in quotes, a key in PEM, a line that ends with a backslash. A quote opens a value
# only where one can begin. Where readers disagree about its end (\' in '), all that follows counts as within.
function follow(line, side,   at, char, before) {
  if (pem[side]) pem[side] = line !~ /-----END/
  else if (line ~ /-----BEGIN/) pem[side] = line !~ /-----END/
  continued[side] = line ~ /\\\r?$/
  if (quoted[side] == "" && line ~ /^[ \t]*[#;]/) return
  before = ""
  for (at = 1; at <= length(line); at++) {
    char = substr(line, at, 1)
    if (quoted[side] == "") {
      if ((char == "\"" || char == "'") && (before == "" || index("[{(,:=-", before))) quoted[side] = char
    } else if (char == "\\") {
      if (quoted[side] == "'" && substr(line, at + 1, 1) == "'") lost[side] = 1
      if (quoted[side] == "\"") at++
    } else if (char == quoted[side]) {
      if (char == "'" && substr(line, at + 1, 1) == "'") at++
      else quoted[side] = ""
    }
    if (char !~ /[ \t]/) before = char
  }
}
# side: the old and the new file are read side by side, each with what it is in the middle of.
function masked(line, side,   within, key, value) {
  within = lost[side] || pem[side] || continued[side] || quoted[side] != ""
  follow(line, side)
  if (line ~ /^[ \t\r]*$/) return line
  if (within || show == "nothing") return "***"
  if (block[side] != "") {
    if (indent_of(line) > block[side] || (indent_of(line) == block[side] && line ~ /^[ \t]*[-}\]]/)) return "***"
    block[side] = ""
  }
  if (match(line, /^[ \t]*([#;][ \t]*)?(-[ \t]+)?(export[ \t]+)?["']?[A-Za-z_][A-Za-z0-9_.-]*["']?[ \t]*=/)) {
    key = substr(line, 1, RLENGTH)
    value = substr(line, RLENGTH + 1)
    return value ~ /^=/ ? "***" : shown(key, value)
  }
  if (show == "values" && match(line, /^[ \t]*(-[ \t]+)*["']?[A-Za-z0-9_.$\/-]+["']?[ \t]*:([ \t\r]|$)/)) {
    key = substr(line, 1, RLENGTH)
    value = substr(line, RLENGTH + 1)
    if (is_secret(key) || value ~ /^[ \t]*[|>&!*]/) {
      match(key, /^[ \t]*(-[ \t]+)*/)
      block[side] = RLENGTH
      return is_random(key) ? "***" : key (value == "" ? "" : "***")
    }
    return shown(key, value)
  }
  if (show == "values" && match(line, /^[ \t]*(-[ \t]+)*/)) {
    value = substr(line, RLENGTH + 1)
    sub(/[ \t\r]+$/, "", value)
    if (is_number(value) || value ~ /^[][{},-]*$/) return line
  }
  return match(line, /^[ \t]*[#;]+/) ? substr(line, 1, RLENGTH) " ***" : "***"
}

NR <= 3 { next } # the names of the files, and where the one hunk begins
{
  sign = substr($0, 1, 1)
  line = substr($0, 2)
}
sign == " " { masked(line, "-"); masked(line, "+"); split("", gone); next }
sign == "-" { text = masked(line, "-"); gone[text] = 1; print "-" text }
sign == "+" { text = masked(line, "+"); print "+" text ((text in gone) && text ~ /\*\*\*/ ? " (changed)" : "") }
