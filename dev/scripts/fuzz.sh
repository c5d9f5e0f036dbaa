#!/usr/bin/env bash
# Fuzzes every target of the repository, one after the other, for SECONDS in all; 0 is
# for ever. What a target has learned stays in Go's cache ($(go env GOCACHE)/fuzz) and
# is where the next run goes on. An input that breaks a target is written to
# testdata/fuzz/TARGET/ beside the test: commit it with the repair, go test runs it
# from then on. Exit status 1 if there is one.
#
#	dev/scripts/fuzz.sh 600                     # ten minutes over all targets
#	dev/scripts/fuzz.sh 0 ./capture             # the targets of one room, until Ctrl-C
#	PARALLEL=8 dev/scripts/fuzz.sh 3600
#	dev/scripts/fuzz.sh --list
set -euo pipefail
cd "$(dirname "$0")/../.."

rooms=("${@:2}")
[ ${#rooms[@]} -gt 0 ] || mapfile -t rooms < <(grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v '^./dev/lab/' | xargs -n1 dirname | sort -u)
targets=()
for room in "${rooms[@]}"; do
  for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$room"/*_test.go | sed 's/func //' | sort -u); do
    targets+=("$room $target")
  done
done
[ ${#targets[@]} -gt 0 ] || { echo "fuzz.sh: no fuzz target in ${rooms[*]}" >&2; exit 2; }
if [ "${1:-}" = --list ]; then printf '%s\n' "${targets[@]}"; exit 0; fi
if ! [[ ${1:-} =~ ^[0-9]+$ ]]; then sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; fi

seconds=$1
each=$((seconds / ${#targets[@]}))
[ "$seconds" -gt 0 ] || each=60 # a round of a minute each, again and again
[ "$each" -ge 1 ] || { echo "fuzz.sh: $seconds seconds are too few for ${#targets[@]} targets" >&2; exit 2; }
failed=0
while :; do
  for entry in "${targets[@]}"; do
    read -r room target <<<"$entry"
    printf '== %s %s, %ss\n' "$room" "$target" "$each"
    # Without a limit minimizing takes up to a minute for every new input, and nothing else is done.
    if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "${each}s" -fuzzminimizetime 10x -parallel "${PARALLEL:-2}" "$room" |
      grep -vE 'gathering baseline'; then
      failed=1
    fi
  done
  [ "$seconds" -eq 0 ] || break
done
new=$(git status --porcelain --untracked-files=all 2>/dev/null | grep 'testdata/fuzz/' || true)
if [ -n "$new" ]; then printf 'fuzz.sh: inputs to look at:\n%s\n' "$new"; fi
exit "$failed"
