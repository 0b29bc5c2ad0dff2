# Shared by the scripts in this folder: where we are, and how missing tools are got.
# Source it with `set -euo pipefail` in force.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
tools=$top/.tools
export PATH="$tools/bin:$PATH"
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
# Where cargo builds to.
build=${CARGO_TARGET_DIR:-$top/target}

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# need COMMAND PACKAGE…: makes sure that COMMAND is there, from Debian if it may.
need() {
  local command=$1
  shift
  if command -v "$command" >/dev/null 2>&1; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    die "$command is missing; install it: apt-get install $*"
  fi
  echo "installing $* (for $command)" >&2
  export DEBIAN_FRONTEND=noninteractive
  if ! apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1; then
    { apt-get update && apt-get install -y --no-install-recommends "$@"; } >&2 \
      || die "$command is missing and could not be installed: apt-get install $*"
  fi
  hash -r
  command -v "$command" >/dev/null 2>&1 || die "$* was installed and $command is still missing"
}

# need_cargo_tool NAME VERSION: an installed one is fine, else builds it once into .tools.
need_cargo_tool() {
  if cargo "${1#cargo-}" --version >/dev/null 2>&1; then return; fi
  echo "building $1 $2 into .tools (once; some minutes)" >&2
  # A target folder of its own, thrown away: the project's settings do not apply to a tool.
  CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" --version "$2" "$1" >&2 \
    || die "$1 could not be built: cargo install --locked --version $2 $1"
  rm -rf "$tools/build"
}

# free_port: a TCP port of the loopback that nobody listens on.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
