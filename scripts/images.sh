#!/usr/bin/env bash
# Builds the images of the Dockerfile without Docker and without a registry, then runs the service from them.
# The base image is made of Debian's packages and named as the Dockerfile names it. pip, npm and apt are configured
# as they are on this machine, for the build only: what is mounted does not get into the images.
set -euo pipefail
cd "$(dirname "$0")/.."
base=debian:bookworm-slim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '\033[36m▸ %s\033[0m\n' "$*"; }

programs() { # those that are missing; as root they are installed
  local missing=() program
  for program in buildah podman mmdebstrap; do command -v $program >/dev/null || missing+=("$program"); done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || { printf 'Missing on this machine: %s\nInstall them: sudo apt-get install %s\n' \
    "${missing[*]}" "${missing[*]}" >&2; exit 1; }
  say "Debian packages: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

make_base() {
  buildah inspect --type image $base >/dev/null 2>&1 && return
  say "base image $base from Debian's packages"
  local mirror; mirror=$(.venv/bin/python -c 'from callcenter.asterisk.debian import mirror; print(mirror())')
  apt-config dump | grep -E '^Acquire::(https?|Check-)[^ ]* ".+";$' > "$work/outside.conf" || true
  mmdebstrap --quiet --variant=minbase --aptopt="$work/outside.conf" --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --customize-hook='rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
    bookworm "$work/base.tar" "$mirror"
  podman import --quiet "$work/base.tar" $base >/dev/null
}

build() { # target, name
  local start=$SECONDS size
  say "image $2"
  buildah bud --quiet --isolation chroot --format docker --layers --pull=never "${mounts[@]}" \
    --target "$1" --tag "$2" . > "$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; exit 1; }
  size=$(podman image inspect --format '{{.Size}}' "$2")
  printf '%-22s %5d MB, built in %d s\n' "$2" $((size / 1000000)) $((SECONDS - start))
}

programs
mapfile -t mounts < <(.venv/bin/python scripts/machine_config.py "$work")
make_base
build callcenter callcenter
build asterisk callcenter-asterisk
.venv/bin/python -m scripts.run_images
