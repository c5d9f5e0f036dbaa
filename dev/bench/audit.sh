#!/usr/bin/env bash
# Measures audit and view on a million samples of 784 bytes, and prints Markdown. Needs Go, curl and
# GNU time. See docs/performance.md.
#
#   dev/bench/audit.sh [SCRATCH]     850 MiB are written to SCRATCH, by default a new folder of TMPDIR
#
# SAMPLES  how many, by default 1000000
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d ${1:+-p "$1"})
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$scratch"' EXIT
go build -o "$scratch/pcapmill" ./cmd/pcapmill
go run ./dev/bench/million -o "$scratch/million" -samples "${SAMPLES:-1000000}"
cat "$scratch"/million/* >/dev/null
echo "| what | seconds | CPU seconds | MiB |"
echo "|---|---|---|---|"
/usr/bin/time -o "$scratch/time" -f '| audit | %e | %U + %S | %M |' "$scratch/pcapmill" audit "$scratch/million" >/dev/null
awk -F'|' '{printf "|%s|%s|%s| %.0f |\n", $2, $3, $4, $5 / 1024}' "$scratch/time"
"$scratch/pcapmill" view "$scratch/million" >"$scratch/address" &
server=$!
began=$(date +%s.%N)
until [ -s "$scratch/address" ]; do sleep 0.1; done
echo "| view, until the address is there | $(echo "$(date +%s.%N) - $began" | bc) | | |"
base=$(sed 's,/?token=.*,,' "$scratch/address")
curl -sS -o "$scratch/out" -c "$scratch/jar" "$(cat "$scratch/address")"
while ! curl -sS -b "$scratch/jar" "$base/findings" | grep -q 'class="verdict'; do sleep 1; done
echo
echo "| page of view | median of 11, ms |"
echo "|---|---|"
for page in / "/?class=class07&protocol=tcp&min=500" "/?only=repeated&page=3" /sample/12345 "/compare?a=class01&b=class02" /findings /report; do
  for _ in 1 2 3 4 5 6 7 8 9 10 11; do
    curl -sS -o "$scratch/out" -D - -b "$scratch/jar" "$base$page" | sed -n 's/.*page;dur=\([0-9.]*\).*/\1/p'
  done | sort -n | sed -n "s,.*,| \`${page//&/\\&}\` | & |,;6p"
done
