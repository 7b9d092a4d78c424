# Reads what pg_restore --create says about the database itself, and gives it another name: the word after DATABASE, and nothing else that
# looks like it. Strings and quoted names are taken whole; lines for psql (\connect, \restrict) are left out.
# ENVIRON["NEW_NAME"]: the name as it stands in SQL.
{ text = text $0 "\n" }
END {
  while (text != "") {
    if (match(text, /^[ \t\r\n]+/)) { out = substr(text, 1, RLENGTH) }
    else if (match(text, /^(--|\\)[^\n]*/)) { text = substr(text, RLENGTH + 1); continue }
    else if (match(text, /^'([^']|'')*'/)) { out = substr(text, 1, RLENGTH); last = "" }
    else if (match(text, /^("([^"]|"")*"|[A-Za-z_\200-\377][A-Za-z0-9_$\200-\377]*)/)) {
      word = substr(text, 1, RLENGTH)
      out = last == "DATABASE" ? ENVIRON["NEW_NAME"] : word
      last = word
    }
    else { match(text, /^./); RLENGTH = 1; out = substr(text, 1, 1); last = "" }
    printf "%s", out
    text = substr(text, RLENGTH + 1)
  }
}
