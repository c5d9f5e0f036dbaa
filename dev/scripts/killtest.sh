#!/usr/bin/env bash
# Kills the real binary (SIGKILL) at random moments of runs over many captures, lets
# the same command complete what is left, and compares with the runs that nobody
# killed, byte for byte. Prints what was tried and where the kills hit.
#
#   dev/scripts/killtest.sh [KILLS]        default 300; some 2 kills a second
#
# Exit status 0: nothing lost, nothing doubled. Scratch goes to $TMPDIR, or /dev/shm.
# With TMPDIR on a disk the syncs are real ones, and it takes longer.
set -euo pipefail
cd "$(dirname "$0")/../.."
kills=${1:-300}
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -trimpath -o "$scratch/pcapmill" ./cmd/pcapmill
echo "binary: $("$scratch/pcapmill" --version), $(go version | cut -d' ' -f3,4), scratch on $(df --output=fstype "$scratch" | tail -1)"
PCAPMILL_TEST_BINARY="$scratch/pcapmill" PCAPMILL_TEST_KILLS="$kills" \
  go test ./cmd/pcapmill -run '^TestKilled$' -count=1 -timeout 6h -v | grep -v '^=== '
