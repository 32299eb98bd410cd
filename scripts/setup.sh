#!/usr/bin/env bash
# Makes .venv and the screens; with --demo also Asterisk, phones and models; with --all also what the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=${1:-}
bin=.venv/bin
say() { printf '\033[36m▸ %s\033[0m\n' "$*"; }
fail() { printf '\033[31m%s\033[0m\n%s\n' "$1" "$2" >&2; exit 1; }

# What runs beside this script does so in sessions of its own: a shell lets its background jobs ignore Ctrl-C, and only
# with a session's id can their children be ended too.
declare -A jobs=()
beside() { setsid "$@" </dev/null & jobs[$!]=1; }
end_jobs() {
  trap '' INT TERM HUP # a second Ctrl-C shall not leave half of them
  local job tries=20
  for job in "${!jobs[@]}"; do kill -TERM -- "$job" "-$job" 2>/dev/null || true; done
  for job in "${!jobs[@]}"; do
    wait "$job" 2>/dev/null || true
    while kill -0 -- "-$job" 2>/dev/null && ((tries-- > 0)); do sleep 0.1; done
    kill -KILL -- "-$job" 2>/dev/null || true
  done
}
trap end_jobs EXIT
trap 'exit 130' INT TERM HUP

find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"; return
    fi
  done
  fail "No Python 3.11 to 3.13 on this machine." "Install it: apt-get install python3 python3-venv"
}

system_packages() { # those that are missing; as root they are installed
  local missing=("$@")
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || fail "Missing on this machine: ${missing[*]}" "Install them: sudo apt-get install ${missing[*]}"
  say "Debian packages: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

make_venv() {
  local python stamp; python=$(find_python)
  stamp=$(cat requirements.lock pyproject.toml | sha256sum)
  [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ] && return
  "$python" -c 'import ensurepip' 2>/dev/null || system_packages python3-venv
  say "Python packages into .venv (about 400 MB; a minute or two)"
  [ -x $bin/python ] || "$python" -m venv .venv
  local hint="Check the network and run the same command again: what was fetched is kept."
  # Of pip's many lines, those of the large downloads tell how far it is; what went wrong is on its standard error.
  $bin/pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock \
    | { grep --line-buffered -oE 'Downloading .* MB\)|Installing collected packages' || true; } \
    || fail "pip could not install the packages." "$hint"
  $bin/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . \
    || fail "pip could not install the project." "$hint"
  echo "$stamp" > .venv/.stamp
}

tests_packages() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  fc-list 2>/dev/null | grep -qi 'noto.*cjk' || missing+=(fontconfig fonts-noto-cjk)
  ldconfig -p | grep -q libatomic.so.1 || missing+=(libatomic1) # the browser driver's Node.js needs it
  system_packages "${missing[@]}"
}

server_packages() { # for the tests' own servers on private ports; of the machine's, none may start
  local missing=()
  ls /usr/lib/postgresql/*/bin/{initdb,postgres,pg_dump} >/dev/null 2>&1 || missing+=(postgresql)
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v caddy >/dev/null || missing+=(caddy)
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] && hold_servers
  system_packages "${missing[@]}"
  free_servers
  local name
  for name in "${missing[@]}"; do # nor shall they start with the machine
    if [ -e "/etc/init.d/$name" ]; then update-rc.d "$name" disable; fi
    if command -v systemctl >/dev/null; then systemctl --quiet disable "$name"; fi
  done
}

# What Debian's packages ask before they start a daemon or make a database cluster.
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d/callcenter-setup.conf
hold_servers() {
  trap 'end_jobs; free_servers' EXIT
  mkdir -p "${clusters%/*}"
  echo "create_main_cluster = false" > "$clusters"
  [ -e $policy ] && return # the machine has its own rule
  held=$policy
  printf '#!/bin/sh\ncase "$1" in postgresql*|redis-server*|caddy*) exit 101 ;; esac\n' > $policy
  chmod 755 $policy
}

free_servers() {
  rm -f "$clusters" ${held:+"$held"}
  rmdir --ignore-fail-on-non-empty "${clusters%/*}" 2>/dev/null || true
}

make_venv
beside scripts/front.sh build
if [ -n "$wanted" ]; then
  beside $bin/callcenter pbx install
  beside $bin/callcenter models install
fi
if [ "$wanted" = --all ]; then tests_packages; server_packages; fi
while [ ${#jobs[@]} -gt 0 ]; do # the first that fails ends the others
  wait -n -p job "${!jobs[@]}"
  unset "jobs[$job]"
done
