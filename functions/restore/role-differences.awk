# Compares lines of role-statements.awk, first those of the server (side=there), then the stored ones (side=stored). Prints `missing` or
# `differing`, a tab and the name of each stored role that the server lacks, or has with other attributes, settings or memberships. A
# membership in a role that is missing is no difference: it comes with that role. Who granted it does not matter.
$2 == "create" { known[side, $3] }
$2 == "create" && side == "stored" { roles[$3] }
$2 == "alter" || $2 == "grant" {
  right = $5
  sub(/ GRANTED BY .*$/, "", right)
  right = $3 FS right
  if (side == "there") has[right] = $3
  else { wants[right] = $3; of[right] = $4 }
}
END {
  for (role in roles) if (!(("there", role) in known)) missing[role]
  for (right in wants) if (of[right] in missing) delete wants[right]
  for (right in wants) if (!(right in has)) differs[wants[right]]
  for (right in has) if (!(right in wants)) differs[has[right]]
  for (role in missing) print "missing\t" role
  for (role in differs) if (role in roles && !(role in missing)) print "differing\t" role
}
