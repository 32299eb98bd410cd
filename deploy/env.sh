#!/bin/sh
# Writes .env from .env.example, each empty secret filled with 32 random letters and digits. Never overwrites one.
set -eu
cd "$(dirname "$0")/.."
target=${1:-.env}
[ ! -e "$target" ] || { printf '%s exists already.\nEdit it, or remove it and run this again.\n' "$target" >&2; exit 1; }
umask 077
while IFS= read -r line; do
  case $line in
    '#'*) ;;
    *_PASSWORD= | *_SECRET=) line=$line$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n') ;;
  esac
  printf '%s\n' "$line"
done < .env.example > "$target"
