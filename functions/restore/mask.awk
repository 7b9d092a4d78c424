# A unified diff with the whole files around it becomes its changed lines, values masked: what is not known to be harmless is not shown.
# -v strict=1: a line that is no KEY=VALUE, no `key: value` and no comment is masked whole.

function is_secret(name) {
  return tolower(name) ~ /pass|secret|token|key|cred|auth|salt|private|cert|dsn|conn|ur[il]|sign|hash|licen|hook|cookie|session|jwt|otp|seed|account|login|user/
}
function indent_of(line) {
  match(line, /^[ \t]*/)
  return RLENGTH
}
# A long word of letters and digits may be a token.
function without_tokens(text,   out, word) {
  out = ""
  while (match(text, /[A-Za-z0-9+\/_=-]+/)) {
    word = substr(text, RSTART, RLENGTH)
    if (length(word) >= 20 && word ~ /[0-9]/ && word ~ /[A-Za-z]/) word = "***"
    out = out substr(text, 1, RSTART - 1) word
    text = substr(text, RSTART + RLENGTH)
  }
  return out text
}
# Text that is no value by itself, but may hold one.
function harmless(text,   at) {
  gsub(/:\/\/[^ \t"']*@/, "://***@", text)
  if (match(text, /[A-Za-z_][A-Za-z0-9_.-]*["']?[ \t]*=/)) return without_tokens(substr(text, 1, RSTART + RLENGTH - 1)) "***"
  if (match(tolower(text), /(pass|secret|token|credential|api.?key|private|authorization|bearer)[a-z0-9_-]*/) && RSTART + RLENGTH <= length(text))
    return substr(text, 1, RSTART + RLENGTH - 1) " ***"
  return without_tokens(text)
}
# side: the old and the new file are read side by side, each with what it is in the middle of.
function masked(line, side,   key, value, quote, depth) {
  if (pem[side]) {
    if (line ~ /-----END/) pem[side] = 0
    return "***"
  }
  if (quoted[side] != "") {
    if (index(line, quoted[side])) quoted[side] = ""
    return "***"
  }
  if (continued[side]) {
    continued[side] = line ~ /\\$/
    return "***"
  }
  if (block[side] != "") {
    if (line ~ /^[ \t]*$/ || indent_of(line) > block[side] || (indent_of(line) == block[side] && line ~ /^[ \t]*[-}\]]/)) return line ~ /^[ \t]*$/ ? line : "***"
    block[side] = ""
  }
  if (line ~ /-----BEGIN/) {
    pem[side] = line !~ /-----END/
    return match(line, /^[ \t]*-----BEGIN [A-Z0-9 ]+-----[ \t\r]*$/) ? line : "***"
  }
  if (match(line, /^[ \t]*([#;][ \t]*)?(-[ \t]+)?(export[ \t]+)?["']?[A-Za-z_][A-Za-z0-9_.-]*["']?[ \t]*=/)) {
    key = substr(line, 1, RLENGTH)
    value = substr(line, RLENGTH + 1)
    quote = value
    sub(/^[ \t]*/, "", quote)
    quote = substr(quote, 1, 1)
    if ((quote == "\"" || quote == "'") && split(value, parts, quote) % 2 == 0) quoted[side] = quote
    continued[side] = value ~ /\\$/
    return key (value == "" ? "" : "***")
  }
  if (match(line, /^[ \t]*(-[ \t]+)*["']?[A-Za-z0-9_.$\/-]+["']?[ \t]*:([ \t]|$)/)) {
    key = substr(line, 1, RLENGTH)
    value = substr(line, RLENGTH + 1)
    sub(/^[ \t]*/, "", value)
    if (!is_secret(key) && value !~ /^[|>&!]/) return key (value == "" ? "" : harmless(value))
    match(key, /^[ \t]*(-[ \t]+)*/)
    block[side] = RLENGTH
    return key (value == "" ? "" : "***")
  }
  if (line ~ /^[ \t]*$/) return line
  return strict && line !~ /^[ \t]*[#;]/ ? "***" : harmless(line)
}

NR <= 3 { next } # the names of the files, and where the one hunk begins
{
  sign = substr($0, 1, 1)
  line = substr($0, 2)
}
sign == " " { masked(line, "-"); masked(line, "+"); split("", gone); next }
sign == "-" { text = masked(line, "-"); gone[text] = 1; print "-" text }
sign == "+" { text = masked(line, "+"); print "+" text ((text in gone) && text ~ /\*\*\*/ ? " (changed)" : "") }
