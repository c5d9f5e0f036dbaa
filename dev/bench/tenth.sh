#!/usr/bin/env bash
# The extended test of bounded memory: converts a storm of some three million
# sessions without a budget, and with a budget of a tenth of the memory that this
# took (at least 128 MiB, the least that --memory takes). Fails if a byte of the
# dataset differs or if more memory was taken than given; prints both times and
# peaks as Markdown. Needs 1.5 GiB for the capture and 2.5 GB for what is put
# aside under SCRATCH_IN, 5 GB for two datasets under SCRATCH, and some minutes.
#
#   dev/bench/tenth.sh
#   SIZE=256MiB ROUNDS=3 WORKERS=1 dev/bench/tenth.sh
#
# SIZE      of the capture: 1440MiB has 3.0 million sessions
# ROUNDS    how many times both are run, interleaved
# WORKERS   of each run
# SCRATCH   where datasets go: by default on the memory file system if there is one
# SCRATCH_IN  where the capture and temporary files go: by default under TMPDIR or /tmp
#
# Exit status: 0 as it should be, 1 not so.
set -euo pipefail

size=${SIZE:-1440MiB}
rounds=${ROUNDS:-1}
workers=${WORKERS:-2}
here=$(cd "$(dirname "$0")/../.." && pwd)
parent=${SCRATCH:-${TMPDIR:-/tmp}}
if [ -z "${SCRATCH:-}" ] && [ -d /dev/shm ] && [ -w /dev/shm ]; then parent=/dev/shm; fi
work=$(mktemp -d "$parent/pcapmill-tenth.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
disk=$(mktemp -d "${SCRATCH_IN:-${TMPDIR:-/tmp}}/pcapmill-tenth-in.XXXXXX")
trap 'rm -rf "$work" "$disk"' EXIT
failed=0
fail() {
	echo "tenth.sh: $*" >&2
	failed=1
}

cd "$here"
for p in cmd/pcapmill dev/bench/gen dev/bench/timer; do
	go build -o "$work/" "./$p"
done
said=$("$work/gen" -shape storm -size "$size" -seed 1 -o "$disk/storm.pcap")
packets=$(expr "$said" : '.*"packets":\([0-9]*\)')
bytes=$(expr "$said" : '.*"bytes":\([0-9]*\)')
sync -f "$disk"
mkdir "$disk/tmp"

log=$work/log
least=134217728
budget=0
# convert NAME OUT FLAG...: sets $own to the KiB that it took.
convert() {
	local name=$1 out=$work/$2
	shift 2
	rm -rf "$out"
	"$work/timer" -log "$log" -name "$name" -- "$work/pcapmill" convert "$disk/storm.pcap" -o "$out" --workers "$workers" --tmp "$disk/tmp" "$@"
	own=$(tail -n 1 "$log" | cut -f 6)
}

for round in $(seq "$rounds"); do
	cat "$disk/storm.pcap" >/dev/null
	convert "without a budget" all
	need=$((own << 10))
	if [ "$budget" = 0 ]; then
		budget=$((need / 10 > least ? need / 10 : least))
	fi
	convert "with a budget" tenth --memory "$budget"
	if [ $((own << 10)) -gt "$budget" ]; then
		fail "took $((own >> 10)) MiB of its own, with --memory $budget ($((budget >> 20)) MiB)"
	fi
	# The manifest tells how long it took; all else must be the same.
	for out in all tenth; do
		sed -E 's/"(seconds|created|updated|started|finished)": *[^,}]*/"\1": 0/g' "$work/$out/manifest.json" >"$work/$out/manifest.json.cut"
		rm "$work/$out/manifest.json"
	done
	diff -rq "$work/all" "$work/tenth" >&2 || fail "the datasets differ"
	left=$(find "$disk/tmp" -mindepth 1 | wc -l)
	if [ "$left" != 0 ]; then fail "$left temporary files are left"; fi
	echo "tenth.sh: round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null)" >&2
done

echo "storm of $size: \`$said\`; --workers $workers; budget $((budget >> 20)) MiB"
echo "Machine: $(nproc) cores, $(uname -sr), $(go env GOVERSION); $(date '+%Y-%m-%d %H:%M'); commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown); load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown) at the end."
echo
"$work/timer" -table "$log" -bytes "$bytes" -packets "$packets" -base "without a budget" -rival "with a budget" \
	-asked "with a budget <= 2 x without a budget" -asked "with a budget <= $((budget >> 20)) MiB"
if [ "$failed" = 0 ]; then echo && echo "The datasets are the same, byte by byte; no temporary file is left."; fi
exit "$failed"
