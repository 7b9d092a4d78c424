# Takes the text of pg_dumpall --globals-only apart into its statements: one line each, in the form that COPY reads, with what it is about:
#   number, kind (create, alter, grant, comment or other), role, other role, statement
# A grant is about its member, and the other role is what was granted; a right on a parameter is about its role too.
# Strings and quoted names are taken whole, so nothing inside them looks like a word. ENVIRON["WITHOUT_PASSWORDS"]: leaves those out.
{ text = text $0 "\n" }
END {
  while (text != "") {
    if (match(text, /^[ \t\r\n]+/)) { add(" ") }
    else if (match(text, /^(--|\\)[^\n]*/)) { }
    else if (match(text, /^'([^']|'')*'/)) {
      if (hide && words[count] == "PASSWORD") { statement = substr(statement, 1, length(statement) - 9) } else add(substr(text, 1, RLENGTH))
    }
    else if (match(text, /^("([^"]|"")*"|[A-Za-z_\200-\377][A-Za-z0-9_$\200-\377]*)/)) {
      words[++count] = substr(text, 1, RLENGTH)
      add(words[count])
    }
    else if (match(text, /^;/)) { tell() }
    else { match(text, /^./); RLENGTH = 1; add(substr(text, 1, 1)) }
    text = substr(text, RLENGTH + 1)
  }
}
BEGIN { hide = ENVIRON["WITHOUT_PASSWORDS"] != "" }

function add(piece) {
  if (statement != "" || piece != " ") statement = statement piece
}

function tell(  kind, role, other, i) {
  kind = "other"
  if (words[1] == "CREATE" && words[2] == "ROLE") { kind = "create"; role = words[3] }
  else if (words[1] == "ALTER" && words[2] == "ROLE") { kind = "alter"; role = words[3] }
  else if (words[1] == "COMMENT" && words[3] == "ROLE") { kind = "comment"; role = words[4] }
  else if (words[1] == "GRANT") {
    kind = "grant"
    for (i = 2; i <= count && words[i] != "TO"; i++) if (words[i] == "ON") kind = words[i + 1] == "PARAMETER" ? "parameter" : "other"
    role = words[i + 1]
    other = kind == "grant" ? words[2] : ""
  }
  printf "%d\t%s\t%s\t%s\t%s\n", ++number, kind, escaped(name(role)), escaped(name(other)), escaped(statement)
  statement = ""; count = 0
  split("", words)
}

function name(word) {
  if (word !~ /^"/) return word
  word = substr(word, 2, length(word) - 2)
  gsub(/""/, "\"", word)
  return word
}

function escaped(value) {
  gsub(/\\/, "&&", value); gsub(/\n/, "\\n", value); gsub(/\t/, "\\t", value); gsub(/\r/, "\\r", value)
  return value
}
