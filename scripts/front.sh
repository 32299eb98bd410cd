#!/usr/bin/env bash
# The screens: build (quick when nothing changed), check, generate. Takes the machine's Node.js, else the one in .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' 2>/dev/null; then
  export PATH="$root/.venv/bin:$PATH"
fi
cd frontend

packages() {
  local stamp; stamp=$(sha256sum package-lock.json)
  [ "$(cat node_modules/.stamp 2>/dev/null)" = "$stamp" ] && return
  printf '\033[36m▸ npm packages of the screens\033[0m\n'
  npm ci --no-audit --no-fund --no-progress --loglevel=error || {
    printf 'npm could not fetch the packages.\nCheck the network and run the same command again.\n' >&2; exit 1; }
  echo "$stamp" > node_modules/.stamp
}

build() {
  local stamp; stamp=$(find src public index.html package-lock.json vite.config.ts -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  [ "$(cat dist/.stamp 2>/dev/null)" = "$stamp" ] && return
  packages
  printf '\033[36m▸ building the screens\033[0m\n'
  npm run --silent build -- --logLevel warn
  echo "$stamp" > dist/.stamp
}

case "$1" in
  build) build ;;
  check) packages; npm run --silent lint; npm run --silent check; npm test --silent ;;
  generate) packages; npm run --silent generate ;;
esac
