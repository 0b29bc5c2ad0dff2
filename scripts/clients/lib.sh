# shellcheck shell=bash
# What the client scripts share. Sourced, not run.
#
# Every script gets the server and its accounts from the environment:
#   API_URL                                  base of the API, ends in /api/v3
#   USER_LOGIN  USER_PASSWORD                a user without two-factor authentication
#   OTP_LOGIN   OTP_PASSWORD   TOTP_SECRET   a user with it (secret in base32)
#   CLIENT_ID   CLIENT_SECRET                an app
#   ADMIN_LOGIN ADMIN_PASSWORD               a site admin without two-factor authentication, for ruby-octokit, github3py, go-github
#   EXPIRING_CLIENT_ID   EXPIRING_CLIENT_SECRET    an app whose tokens end, for octokit-oauth-methods alone
# and prints one line per operation, "ok - OPERATION: DETAIL", "not ok - OPERATION: WHY",
# or "differs - OPERATION: WHY" where grantd is meant not to do what the client expects
# (docs/divergences.md says why). `run` sets all of it up.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

here=$top/scripts/clients

need_python() { need python3-venv python3 -c 'import ensurepip, venv'; }
need_ruby_octokit() { need ruby-octokit ruby -roctokit -e ''; }
need_go_github() {
  need golang-go go version
  need golang-github-google-go-github-dev test -d /usr/share/gocode/src/github.com/google/go-github/github
}
need_java() { need default-jre-headless java -version; }
need_node() {
  need nodejs node --version
  need npm npm --version
  node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' \
    || die "node is $(node --version); 18 or later is needed"
}

# A stamp holds the lock file that was installed, so that nothing is fetched twice.
current() { cmp -s "$1" "$2"; }

# venv NAME REQUIREMENTS: prints the path of a virtual environment that has them.
venv() {
  local dir=$tools/$1 requirements=$2
  need_python
  if ! current "$requirements" "$dir/requirements.installed"; then
    rm -rf "$dir"
    python3 -m venv "$dir" >&2 || die "cannot make a virtual environment in $dir"
    "$dir/bin/pip" install --quiet --require-hashes --requirement "$requirements" >&2 \
      || die "pip could not install $requirements"
    cp "$requirements" "$dir/requirements.installed"
  fi
  printf '%s\n' "$dir"
}

# modules DIR: installs what DIR/package-lock.json says.
modules() {
  need_node
  if ! current "$1/package-lock.json" "$1/node_modules/.installed"; then
    (cd "$1" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2) \
      || die "npm could not install $1"
    cp "$1/package-lock.json" "$1/node_modules/.installed"
  fi
}

need_environment() {
  local name missing=""
  for name in API_URL USER_LOGIN USER_PASSWORD OTP_LOGIN OTP_PASSWORD TOTP_SECRET CLIENT_ID CLIENT_SECRET; do
    [ -n "${!name:-}" ] || missing="$missing $name"
  done
  [ -z "$missing" ] || die "not set:$missing"
}
