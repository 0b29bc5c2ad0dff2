# shellcheck shell=bash
# What all scripts share: where things are, and how a missing tool is got.
# Sourced, not run, with `set -euo pipefail` in force.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$top/.tools
export PATH="$tools/bin:$PATH"
# Where cargo builds to.
build=${CARGO_TARGET_DIR:-$top/target}

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# need PACKAGE TEST...: when TEST fails, install PACKAGE from Debian, or say how to.
need() {
  local package=$1
  shift
  if "$@" >/dev/null 2>&1; then return; fi
  local install="apt-get install -y --no-install-recommends $package"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "$package is missing; as root: $install"
  fi
  printf '%s is missing, installing it from Debian\n' "$package" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2 || die "apt-get update failed; $package is needed"
  $install >&2 || die "could not run: $install"
  hash -r
  "$@" >/dev/null 2>&1 || die "$package is installed, but this still fails: $*"
}

# need_postgres: PostgreSQL's own programs, which Debian keeps out of the path.
need_postgres() { need postgresql postgres_programs; }

# postgres_programs: the folder of the newest version's, 13 or later.
postgres_programs() {
  local folder
  folder=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 2>/dev/null | sort -V | tail -n 1)/bin
  if [ ! -x "$folder/initdb" ]; then folder=$(pg_config --bindir) || return 1; fi
  "$folder/initdb" --version | grep -qE ' (1[3-9]|[2-9][0-9])' && printf '%s\n' "$folder"
}

# need_cargo_tool NAME VERSION [OLDEST [FLAGS…]]: one that is installed will do, unless it is
# older than OLDEST; else builds VERSION, once, into .tools, with these flags of cargo install.
need_cargo_tool() {
  local name=$1 version=$2 oldest=${3:-0} found
  shift $(($# < 3 ? $# : 3))
  found=$("$name" --version 2>/dev/null || cargo "${name#cargo-}" --version 2>/dev/null || true)
  found=${found##* }
  found=${found#v}
  if [ -n "$found" ] && [ "$(printf '%s\n' "$oldest" "$found" | sort -V | head -n 1)" = "$oldest" ]; then
    return
  fi
  printf 'building %s %s into .tools; it takes some minutes, once\n' "$name" "$version" >&2
  need gcc cc --version
  CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" --version "$version" "$@" "$name" >&2 \
    || die "could not run: cargo install --locked --version $version $name"
  rm -rf "$tools/build"
}

# free_port: a TCP port of the loopback that nobody listens on.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
