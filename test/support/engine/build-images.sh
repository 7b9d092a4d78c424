#!/bin/bash
# Builds suite-backup-test/postgres:MAJOR for each major version given, without pulling an image: from this machine's own PostgreSQL
# where it has that version (2 s), otherwise from Debian's packages (45 s, kept in the cache folder for next time).
#
#   build-images.sh [--cache FOLDER] MAJOR...
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/suite-backup-test
if [[ ${1:-} == --cache ]]; then
  cache=${2:?--cache needs a folder}
  shift 2
fi
(($# > 0)) || {
  echo 'usage: build-images.sh [--cache FOLDER] MAJOR...' >&2
  exit 2
}
die() {
  printf 'build-images: %s\n' "$*" >&2
  exit 1
}

# The folder Debian's packages use. dockerd's `import` keeps owners as they are in the archive, hence root.
[[ $(id -u) -eq 0 ]] || die 'building the images needs root'
work=$(mktemp -d "${TMPDIR:-/tmp}/suite-backup-images.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

# The tools that a container of the public images offers to `docker exec`.
tools=(bash sh awk sed grep cat ls cp mv rm mkdir rmdir chmod chown find id env sleep date wc head tail tr cut sort uniq test '[' stat touch sync
  printf echo dirname basename du df tee tar gzip zstd sha256sum base64 openssl mktemp mkfifo mknod readlink realpath ln true false seq dd od cmp
  diff xargs uname nproc ps kill timeout nohup setpriv split comm paste expr tac mount)

# copy_of_this_machine MAJOR ROOT: its programs and every library they need, nothing else.
copy_of_this_machine() {
  local major=$1 root=$2 tool found
  mkdir -p "$root"/{etc,tmp,root,run/postgresql,var/lib/postgresql/data,usr/{bin,sbin,lib,lib64,local/bin},docker-entrypoint-initdb.d,proc,sys,dev}
  for tool in bin sbin lib lib64; do ln -s "usr/$tool" "$root/$tool"; done
  # Without /var/run the server cannot write the lock of its socket.
  ln -s ../run "$root/var/run"
  chmod 1777 "$root/tmp"
  {
    for tool in "${tools[@]}"; do
      found=$(PATH=/usr/bin:/usr/sbin:/bin:/sbin type -P "$tool") || die "$tool is not installed here"
      printf '%s\n' "$found"
    done
    # llvmjit would bring 130 MB of libLLVM along; the server works without.
    find "/usr/lib/postgresql/$major" -type f ! -path '*bitcode*' ! -name 'llvmjit*'
  } | sort -u >"$work/programs"
  {
    cat "$work/programs"
    # ldd ends with 1 as soon as one of its files is a script. Lines: `libz.so.1 => /lib/….so (0x…)`, `/lib64/ld-….so (0x…)`.
    { xargs ldd <"$work/programs" 2>/dev/null || true; } | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }'
    # Without it: initdb: invalid locale name "C.UTF-8".
    find /usr/lib/locale/C.utf8 -type f
    find "/usr/share/postgresql/$major" -name man -prune -o -type f -print
    find /usr/share/zoneinfo \( -name posix -o -name right \) -prune -o \( -type f -o -type l \) -print
  } | sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#; s#^/##' | sort -u >"$work/files"
  tar -C / --create --dereference --files-from "$work/files" | tar -C "$root" --extract
  printf 'root:x:0:0::/root:/bin/bash\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\npostgres:x:999:\nnogroup:x:65534:\n' >"$root/etc/group"
  printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
  cp /etc/os-release "$root/etc/os-release"
  chown -R 999:999 "$root/var/lib/postgresql" "$root/run/postgresql"
}

# debian_with MAJOR: the Debian release that brings this version.
debian_with() {
  case $1 in
    13) echo bullseye ;;
    15) echo bookworm ;;
    17) echo trixie ;;
    *) die "no Debian release is known to bring PostgreSQL $1" ;;
  esac
}

# root_of_packages MAJOR ROOT
root_of_packages() {
  local major=$1 root=$2 release address
  command -v debootstrap >/dev/null || die 'no debootstrap: apt-get install -y debootstrap'
  release=$(debian_with "$major")
  address=$("$here/debian-mirror.sh")
  debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --include="postgresql-$major,zstd,openssl,procps" "$release" "$root" "$address" >"$work/debootstrap.log" 2>&1 ||
    {
      tail -n 20 "$work/debootstrap.log" >&2
      die "debootstrap of $release failed"
    }
  # The package makes a cluster of its own; half of the rest is of no use in a container.
  rm -rf "$root/var/lib/postgresql/$major" "$root/etc/postgresql/$major" "$root"/usr/share/{doc,man,locale,info} \
    "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
    "$root"/usr/lib/postgresql/"$major"/lib/{bitcode,llvmjit*} "$root"/usr/lib/*/libLLVM* "$root"/usr/lib/*/libz3*
  mkdir -p "$root"/{docker-entrypoint-initdb.d,var/lib/postgresql/data}
  chroot "$root" chown -R postgres:postgres /var/lib/postgresql
}

build() {
  local major=$1 tag=suite-backup-test/postgres:$1 root=$work/root-$1 kept
  if [[ -x /usr/lib/postgresql/$major/bin/postgres ]]; then
    copy_of_this_machine "$major" "$root"
  else
    kept=$cache/root-$major-$(dpkg --print-architecture).tar.zst
    if [[ -s $kept ]]; then
      mkdir -p "$root"
      zstd -dcq "$kept" | tar -C "$root" --extract --numeric-owner
    else
      root_of_packages "$major" "$root"
      mkdir -p "$cache"
      tar -C "$root" --create --numeric-owner . | zstd -q -T0 -3 >"$kept.$$"
      mv "$kept.$$" "$kept"
    fi
  fi
  # As in the public images: reachable from outside the container, and SIGINT (fast shutdown) is what `docker stop` sends.
  sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" "$root/usr/share/postgresql/$major/postgresql.conf.sample"
  install -D -m 755 "$here/entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
  tar -C "$root" --create --numeric-owner . | docker import - "$tag-files" >/dev/null
  # `docker import` refuses STOPSIGNAL, so a second image adds what is metadata only. The old builder needs no plugin.
  DOCKER_BUILDKIT=0 docker build --quiet --network none --tag "$tag" - >/dev/null 2>"$work/build.log" <<IMAGE || {
FROM $tag-files
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/$major/bin PGDATA=/var/lib/postgresql/data PG_MAJOR=$major LANG=C.UTF-8
VOLUME /var/lib/postgresql/data
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
IMAGE
    cat "$work/build.log" >&2
    die "docker build of $tag failed"
  }
  rm -rf --one-file-system "$root"
  printf '%s\n' "$tag"
}

for major in "$@"; do build "$major"; done
