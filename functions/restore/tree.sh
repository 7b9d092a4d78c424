# Sourced by documents that restore a tree of files: where it lies on the host, and where that which belongs to the restore lies in it.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../postgres/session.sh
# source ../files/volume-folder.sh
# source ../files/container-folder.sh

exists() { # a link that leads nowhere exists
  [[ -e $1 || -L $1 ]]
}
is_folder() {
  [[ -d $1 && ! -L $1 ]]
}
# Where the tree is, of whatever kind: $target is empty as long as nothing on this host can tell. $what names it for people.
target='' what='' container_found=null
locate_tree() {
  case $SSM_kind in
    volume)
      decode volume volume
      what="The volume \"$volume\""
      ! find_volume "$volume" || target=$volume_folder
      ;;
    path)
      decode container_name container
      decode path path
      what="The path \"$path\" in \"$container_name\""
      locate_container "$container_name" || return 0
      container_found="{\"name\":$(json_string "$container"),\"running\":$container_running}"
      look_into_container
      resolve_in_container "$container_name" "$path"
      [[ ! -d $container_root && $resolved_on_host == "$container_root"* ]] || target=$resolved_on_host
      ;;
    files)
      decode directory directory
      what="The directory \"$directory\""
      follow "$directory"
      ;;
    *) die ParameterInvalid "There is no kind of tree named \"$SSM_kind\"." ;;
  esac
  while [[ $target == ?*/ ]]; do target=${target%/}; done
}

# A link to the folder (`current`) is followed.
follow() {
  target=$(realpath --canonicalize-missing -- "$1" && printf x)
  target=${target%$'\n'x}
}
# The folder that somebody named to write to instead.
locate_other_folder() { # FOLDER
  what="The folder \"$1\""
  follow "$1"
}

# Nothing else says why a target is empty.
need_target() {
  [[ -z $target ]] || return 0
  [[ $SSM_kind != volume ]] || die VolumeNotFound "There is no volume named \"$volume\" on this host."
  [[ $container_found != null ]] || die ContainerNotFound "There is no container (and no compose service) named \"$container_name\" on this host."
  die ContainerNotRunning "$what lies in the container's own files, which the host sees only while it runs; start it first."
}

# What belongs to one source of one restore lies in one folder, the stage: inside the tree, because only there a rename can neither fail for
# another file system nor take a mounted folder away from its container. For a single file it lies beside that.
stage_of=${SSM_source:-}
stage_name=.suite-backup-restore-$SSM_restore${stage_of:+-$stage_of}
home='' stage=''
find_stage() {
  home=$target
  stage=$home/$stage_name
  ! is_folder "$target" || ! is_folder "$stage" || return 0
  home=${target%/*}
  stage=$home/$stage_name
  is_folder "$stage"
}

# keep_list NAME: a list in the stage is there whole or not at all.
keep_list() {
  cat >"$stage/$1.part"
  mv --no-target-directory -- "$stage/$1.part" "$stage/$1"
}

# A folder's own mode, owner and times: what lies in it comes and goes through renames, which change its time only.
save_attributes() { # FOLDER NAME
  stat --format='%a %u %g %.9Y' -- "$1" | keep_list "$2"
}
apply_attributes() { # FOLDER NAME
  local mode user group time
  read -r mode user group time <"$stage/$2"
  set_attributes "$1" "$mode" "$user" "$group" "$time"
}
set_attributes() { # FOLDER MODE USER GROUP TIME
  local mode=$2
  [[ $mode == *=* ]] || printf -v mode '%05o' "0$mode" # with fewer digits chmod leaves a folder's setgid bit as it is
  chown --no-dereference "$3:$4" -- "$1" && chmod "$mode" -- "$1" && touch --no-create --date="@$5" -- "$1"
}
keep_time() { # FOLDER COMMAND...: the folder's time stays what it is
  local folder=$1 time
  shift
  time=$(stat --format=%.9Y -- "$folder")
  "$@"
  touch --no-create --date="@$time" -- "$folder"
}

judge_disk() { # ERRORS NAME: a full disk and missing rights are told apart from all else
  local said
  said=$(grep -v 'Exiting with failure status' "$1" | head -n 3 | tr '\n' ' ' | cut -c 1-800) || true
  if grep -Eqi 'no space left|quota exceeded|wrote only [0-9]+ of' "$1"; then
    die DiskFull "$what has no space left: $(grep -Eim 1 'no space left|quota exceeded|wrote only [0-9]+ of' "$1" | cut -c 1-400)"
  fi
  if grep -Eqi 'operation not permitted|permission denied|read-only file system' "$1"; then
    die HostPermission "$what may not be written as it was; run as root: $said"
  fi
  die "$2" "$what: ${said:-ended without a word.}"
}
