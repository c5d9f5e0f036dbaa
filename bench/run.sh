#!/usr/bin/env bash
# Measures whole processes, interleaved, on generated captures, and prints
# Markdown tables: cat, pcapmill with one and two workers, and the same work on
# gopacket. Needs Go and the GNU tools. See docs/performance.md.
#
#   bench/run.sh                                   # mixed, bulk, storm, 5 rounds
#   SHAPES="mixed many" ROUNDS=3 bench/run.sh
#   SIZE_mixed=256MiB SHAPES=mixed bench/run.sh
#
# SHAPES   of mixed, bulk, storm, many, mixed-pcapng, mixed-gzip
# SIZE_x   size of a shape's capture (a - in its name is written _)
# ROUNDS   how many times everything is run
# COMMANDS of cat, one, two, parser, source, lazy, write (copies the output of the
#          one before: what writing alone costs), unpack (gzip -dc), in this order
# SCRATCH  where captures, binaries and datasets go: by default on the memory
#          file system if there is one, else under TMPDIR; emptied at the end
set -eu

shapes=${SHAPES:-"mixed bulk storm"}
rounds=${ROUNDS:-5}
commands=${COMMANDS:-"cat one two parser source lazy write"}
here=$(cd "$(dirname "$0")/.." && pwd)

parent=${SCRATCH:-}
if [ -z "$parent" ]; then
	parent=${TMPDIR:-/tmp}
	if [ -d /dev/shm ] && [ -w /dev/shm ]; then parent=/dev/shm; fi
fi
work=$(mktemp -d "$parent/pcapmill-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

size_of() {
	local given="SIZE_${1//-/_}"
	if [ -n "${!given:-}" ]; then
		echo "${!given}"
		return
	fi
	case $1 in
	storm) echo 512MiB ;;
	many) echo 500MiB ;;
	*) echo 1GiB ;;
	esac
}

# generate SHAPE: makes $in, and $bytes and $packets.
generate() {
	local flags=(-shape "${1%%-*}" -size "$(size_of "$1")" -seed 1) said
	in=$work/$1.pcap
	case $1 in
	many) in=$work/many ;;
	*-pcapng) flags+=(-pcapng) ;;
	*-gzip) flags+=(-gzip) ;;
	esac
	said=$("$work/gen" "${flags[@]}" -o "$in")
	bytes=$(expr "$said" : '.*"bytes":\([0-9]*\)')
	packets=$(expr "$said" : '.*"packets":\([0-9]*\)')
	echo
	echo "## $1: $(size_of "$1")"
	echo
	echo "\`gen ${flags[*]}\`: \`$said\`"
	echo
}

# timed NAME COMMAND...
timed() {
	local name=$1
	shift
	rm -rf "$work/out"
	"$work/timer" -log "$log" -name "$name" -- "$@"
}

run() {
	case $1 in
	cat) find "$in" -type f -print0 | sort -z >"$work/list" && timed cat xargs -0 -a "$work/list" cat ;;
	one) timed pcapmill "$work/pcapmill" convert "$in" -o "$work/out" --workers 1 ;;
	two) timed "pcapmill, 2 workers" "$work/pcapmill" convert "$in" -o "$work/out" --workers 2 ;;
	parser) timed "gopacket DecodingLayerParser" "$work/baseline" -mode parser "$in" "$work/out" ;;
	source) timed "gopacket PacketSource" "$work/baseline" -mode source "$in" "$work/out" ;;
	lazy) timed "gopacket PacketSource, lazy" "$work/baseline" -mode lazy "$in" "$work/out" ;;
	unpack) timed "gzip -dc" gzip -dc "$in" ;;
	write)
		mv "$work/out" "$work/made"
		timed "cp of the output" cp -r "$work/made" "$work/out"
		rm -rf "$work/made"
		;;
	*) echo "run.sh: no command $1" >&2 && exit 2 ;;
	esac
}

cd "$here"
for p in cmd/pcapmill bench/gen bench/baseline bench/timer; do
	go build -o "$work/" "./$p"
done
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if [ -n "$(git status --porcelain -uno 2>/dev/null)" ]; then revision="$revision, changed"; fi
model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)

echo "Machine: $(nproc) x ${model:-unknown}, $(uname -sr), $(go env GOVERSION); $(date +%Y-%m-%d); commit $revision;"
echo "scratch on $(df -P "$work" | tail -n 1 | cut -d' ' -f1); load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown) at the start."
echo "Command: \`SHAPES=\"$shapes\" ROUNDS=$rounds COMMANDS=\"$commands\" bench/run.sh\`."

for shape in $shapes; do
	generate "$shape"
	log=$work/$shape.tsv
	for round in $(seq "$rounds"); do
		for c in $commands; do run "$c"; done
		echo "$shape: round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null)" >&2
	done
	"$work/timer" -table "$log" -bytes "$bytes" -packets "$packets"
	rm -rf "$in" "$work/out"
done
