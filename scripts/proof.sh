#!/usr/bin/env bash
# The proofs at full size, with the machine they ran on. Copy what it prints into docs/proof.md.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
echo "## $(date -u +%F), $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f", $2/2^20}' /proc/meminfo) GiB, $($bin/python -V), Asterisk $(ls "${XDG_CACHE_HOME:-$HOME/.cache}/callcenter/asterisk" | grep -E '^[0-9]' | tail -n 1)"
echo "### callcenter bench pop --json"
$bin/callcenter bench pop --json
echo "### callcenter bench pop --json --scaled"
$bin/callcenter bench pop --json --scaled
echo "### callcenter bench ami --json"
$bin/callcenter bench ami --json
echo "### callcenter bench ami --json --rounds 1 --events 10000000: memory stays flat"
$bin/callcenter bench ami --json --rounds 1 --events 10000000
echo "### callcenter bench storm --json"
$bin/callcenter bench storm --json
echo "### make e2e-scaled: each process, PostgreSQL, Redis and Asterisk killed in mid-call; each process ended under load"
PROOF=1 $bin/pytest -q -s --durations=0 tests/e2e/test_scaled.py
echo "### a thousand real calls to twenty phones, ledger check, planted errors"
PROOF=1 $bin/pytest -q -s --durations=0 -o faulthandler_timeout=0 tests/e2e/test_real_calls.py
echo "### pytest tests/e2e, the rest"
$bin/pytest -q --durations=0 tests/e2e --ignore tests/e2e/test_scaled.py --ignore tests/e2e/test_real_calls.py
echo "### make images"
scripts/images.sh
