#!/usr/bin/env bash
# Measures whole processes, interleaved, on generated captures, and prints
# Markdown: for each shape a table of medians, ratios pair by pair and memory,
# and a table of what issues 3 and 14 ask for. Needs Go and the GNU tools, and measures
# other programs where they are installed (dev/bench/peers/install.sh). See
# docs/performance.md.
#
#   dev/bench/run.sh                                   # mixed, bulk, storm, 5 rounds
#   SHAPES=all ROUNDS=3 dev/bench/run.sh
#   SIZE_mixed=256MiB SHAPES=mixed COMMANDS="default peers" dev/bench/run.sh
#   SHAPES=mixed SAMPLE=25MB dev/bench/run.sh          # the Python loops
#
# SHAPES   of mixed, real, bulk, storm, many, mixed-pcapng, mixed-gzip, real-gzip; all
# SIZE_x   size of a shape's capture (a - in its name is written _); mixed-pcapng
#          gets as many packets as mixed of that size
# ROUNDS   how many times everything is run
# SAMPLE   size of every capture, and other commands by default: cat one two
#          scapy scapy-build dpkt
# SEED     of the captures
# COMMANDS in this order, each once a round:
#   cat                      of the capture to /dev/null
#   pass                     XXH3 of the mapped capture by one thread: the yardstick
#   one two                  pcapmill convert with 1 and 2 workers
#   memory                   the same with --memory 128MiB, spilling to SCRATCH_IN
#   plain                    the same as one and two on mixed as pcap; for mixed-pcapng only
#   parser source lazy       the same work on gopacket, see dev/bench/loops
#   write                    cp of what pcapmill wrote: what writing alone costs
#   forms                    one, and the same of every form, of --profile strict, and of variants
#   unpack                   gzip undone by klauspost/compress, nothing else
#   gzip                     gzip -dc
#   tshark tcpflow nfpcapd softflowd tcpdump capinfos argus tcptrace   or peers for these
#   scapy scapy-build dpkt   the same work in Python, see dev/bench/peers/loop.py; or python
#   default                  cat pass one two parser source lazy write, and for storm memory, for
#                            mixed-pcapng plain, for mixed-gzip and real-gzip unpack and gzip
#   What is not installed, or cannot read the shape, is skipped, and that is said.
# BENCH_CACHE  where dev/bench/peers/install.sh has put Python: by default ~/.cache/pcapmill
# SCRATCH  where binaries and datasets go: by default on the memory file system if
#          there is one, else under TMPDIR
# SCRATCH_IN  where captures and spilled sessions go: by default under TMPDIR or /tmp or
#          /var/tmp, the first that is not a memory file system. Captures are read
#          once before each round, so that they come from the page cache.
# Both are emptied at the end.
set -eu

sample=${SAMPLE:-}
shapes=${SHAPES:-"mixed bulk storm"}
if [ "$shapes" = all ]; then shapes="mixed real bulk storm many mixed-pcapng mixed-gzip real-gzip"; fi
rounds=${ROUNDS:-5}
seed=${SEED:-1}
wanted=${COMMANDS:-default}
forms="ustc-all matrix packet-bytes series flowpic:size=32 mini-flowpic nprint segments bigrams hexwords tokens"
peers="tshark tcpflow nfpcapd softflowd tcpdump capinfos argus tcptrace"
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pcapmill}/peers/bin/python
PATH=$PATH:/usr/sbin:/sbin

parent=${SCRATCH:-}
if [ -z "$parent" ]; then
	parent=${TMPDIR:-/tmp}
	if [ -d /dev/shm ] && [ -w /dev/shm ]; then parent=/dev/shm; fi
fi
kind() { stat -f -c %T "$1" 2>/dev/null || echo unknown; }
parent_in=${SCRATCH_IN:-}
if [ -z "$parent_in" ]; then
	parent_in=${TMPDIR:-/tmp}
	for d in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		if [ -d "$d" ] && [ -w "$d" ] && [ "$(kind "$d")" != tmpfs ]; then
			parent_in=$d
			break
		fi
	done
fi
work=$(mktemp -d "$parent/pcapmill-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
disk=$(mktemp -d "$parent_in/pcapmill-bench-in.XXXXXX")
trap 'rm -rf "$work" "$disk"' EXIT

say() {
	echo "$*"
	echo "run.sh: $*" >&2
}

size_of() {
	local given="SIZE_${1//-/_}"
	if [ -n "$sample" ]; then
		echo "$sample"
	elif [ -n "${!given:-}" ]; then
		echo "${!given}"
	else
		case $1 in
		storm | *-gzip) echo 512MiB ;;
		many) echo 500MiB ;;
		*) echo 1GiB ;;
		esac
	fi
}

field() { expr "$said" : ".*\"$1\":\([0-9]*\)"; }

# generate SHAPE: makes $in, and sets $bytes, $packets and $kept.
generate() {
	local flags=(-shape "${1%%-*}" -size "$(size_of "$1")" -seed "$seed")
	in=$disk/$1.pcap
	case $1 in
	many) in=$disk/many ;;
	*-gzip) flags+=(-gzip) ;;
	*-pcapng)
		plain=$disk/plain.pcap
		said=$("$work/gen" "${flags[@]}" -o "$plain")
		flags=(-shape "${1%%-*}" -size 1024GiB -packets "$(field packets)" -seed "$seed" -pcapng)
		;;
	esac
	said=$("$work/gen" "${flags[@]}" -o "$in")
	bytes=$(field bytes) packets=$(field packets) kept=$(field kept)
	sync -f "$disk" # else writing it back disturbs the first rounds
	echo
	echo "## $1: $(size_of "$1")"
	echo
	echo "\`gen ${flags[*]}\`: \`$said\`"
	echo
}

# choose SHAPE: sets $commands to those of COMMANDS that can be run on it.
choose() {
	local c words="" extra=""
	case $1 in
	storm) extra=memory ;;
	*-pcapng) extra=plain ;;
	*-gzip) extra="unpack gzip" ;;
	esac
	for c in $wanted; do
		case $c in
		default) if [ -n "$sample" ]; then words="$words cat one two scapy scapy-build dpkt"; else words="$words cat pass one two parser source lazy write $extra"; fi ;;
		forms)
			words="$words one strict variants"
			for form in $forms; do words="$words form:$form"; done
			;;
		peers) words="$words $peers" ;;
		python) words="$words scapy scapy-build dpkt" ;;
		*) words="$words $c" ;;
		esac
	done
	commands=""
	local why
	local -A skipped=()
	for c in $words; do
		why=""
		case " $peers scapy scapy-build dpkt " in
		*" $c "*)
			if [ "$1" = many ]; then why="reads one capture at a time"; fi
			if [[ $c == scapy* ]] || [ "$c" = dpkt ]; then
				"$python" -c "import ${c%-build}" 2>/dev/null || why="not installed in $python, see dev/bench/peers/install.sh"
			else
				command -v "$c" >/dev/null || why="not installed, see dev/bench/peers/install.sh"
			fi
			;;
		esac
		case $1/$c in
		*-pcapng/tcptrace) why="reads no pcapng" ;;
		*-pcapng/plain) ;;
		*/plain) why="is for mixed-pcapng" ;;
		*-gzip/tshark | *-gzip/capinfos | *-gzip/scapy*) ;;
		*-gzip/tcpflow | *-gzip/nfpcapd | *-gzip/softflowd | *-gzip/tcpdump | *-gzip/argus | *-gzip/tcptrace | *-gzip/dpkt) why="reads no gzip" ;;
		*-gzip/*) ;;
		*/unpack | */gzip) why="is for shapes in gzip" ;;
		esac
		if [ -n "$why" ]; then
			skipped[$why]="${skipped[$why]:-}${skipped[$why]:+, }$c"
		else
			commands="$commands $c"
		fi
	done
	for why in "${!skipped[@]}"; do say "Skipped on $1: ${skipped[$why]}: $why."; done
	echo
}

# timed NAME COMMAND...
timed() {
	local name=$1
	shift
	rm -rf "$work/out"
	"$work/timer" -log "$log" -name "$name" -- "$@"
}

# mill NAME IN FLAG...: pcapmill; what it writes is kept for write.
mill() {
	local name=$1 from=$2
	shift 2
	timed "$name" "$work/pcapmill" convert "$from" -o "$work/out" "$@"
	rm -rf "$work/made"
	mv "$work/out" "$work/made"
}

# peer NAME COMMAND...: what it says is thrown away; if it fails it is not run again.
peer() {
	mkdir -p "$work/peer"
	if ! timed "$@" 2>"$work/peer.err"; then
		say "Failed: $c: $(tail -n 1 "$work/peer.err")"
		commands=${commands/ $c/}
	fi
	rm -rf "$work/peer"
}

# inputs prints the paths of the capture's files, each ended by a zero.
inputs() { find "$in" -type f -print0 | sort -z; }

run() {
	local c=$1
	case $c in
	cat) inputs >"$work/list" && timed cat xargs -0 -a "$work/list" cat ;;
	pass) inputs >"$work/list" && timed "xxh3 pass" xargs -0 -a "$work/list" "$work/pass" ;;
	one) mill pcapmill "$in" --workers 1 ;;
	two) mill "pcapmill, 2 workers" "$in" --workers 2 ;;
	form:ustc-all) mill "--form ustc-all" "$in" --workers 1 --form ustc-all --mac keep ;;
	form:*) mill "--form ${c#form:}" "$in" --workers 1 --form "${c#form:}" ;;
	strict) mill "--profile strict" "$in" --workers 1 --profile strict ;;
	variants)
		printf -- '- {name: a}\n- {name: b, ip: keep}\n' >"$work/two.yaml"
		{ cat "$work/two.yaml" && printf -- '- {name: c, ports: keep}\n'; } >"$work/three.yaml"
		mill "--variants, 2 of bytes" "$in" --workers 1 --variants "$work/two.yaml"
		mill "--variants, 3 of bytes" "$in" --workers 1 --variants "$work/three.yaml"
		;;
	memory)
		mill "pcapmill, --memory 128MiB" "$in" --workers 1 --memory 128MiB --tmp "$disk"
		mill "pcapmill, --memory 128MiB, 2 workers" "$in" --workers 2 --memory 128MiB --tmp "$disk"
		;;
	plain)
		mill "pcapmill on the pcap" "$plain" --workers 1
		mill "pcapmill on the pcap, 2 workers" "$plain" --workers 2
		;;
	parser) timed "gopacket DecodingLayerParser" "$work/baseline" -mode parser "$in" "$work/out" ;;
	source) timed "gopacket PacketSource" "$work/baseline" -mode source "$in" "$work/out" ;;
	lazy) timed "gopacket PacketSource, lazy" "$work/baseline" -mode lazy "$in" "$work/out" ;;
	unpack) timed "decompressor alone" "$work/unpack" "$in" ;;
	gzip) timed "gzip -dc" gzip -dc "$in" ;;
	write)
		if [ ! -d "$work/made" ]; then echo "run.sh: write needs one or two before it" >&2 && exit 2; fi
		timed "cp of the output" cp -r "$work/made" "$work/out"
		;;
	tshark) peer "tshark -z conv,tcp" tshark -q -z conv,tcp -n -r "$in" ;;
	tcpflow) peer tcpflow tcpflow -q -r "$in" -o "$work/peer" ;;
	nfpcapd) peer nfpcapd nfpcapd -r "$in" -w "$work/peer" ;;
	softflowd) peer softflowd softflowd -r "$in" -m 10000000 -p "$work/peer/pid" -c none ;;
	tcpdump) peer "tcpdump -w /dev/null" tcpdump -n -r "$in" -w /dev/null ;;
	capinfos) peer "capinfos -c" capinfos -c "$in" ;;
	argus) peer argus argus -X -r "$in" -w "$work/peer/argus.out" ;;
	tcptrace) peer tcptrace tcptrace -n "$in" ;;
	scapy | scapy-build | dpkt) peer "$c loop" "$python" "$here/dev/bench/peers/loop.py" --with "$c" "$in" "$work/out" ;;
	*) echo "run.sh: no command $c" >&2 && exit 2 ;;
	esac
}

# bounds SHAPE: sets $asked to what issues 3 and 14 ask for.
bounds() {
	local two="pcapmill, 2 workers"
	asked=()
	ask() { asked+=(-asked "$1"); }
	if [ -n "$sample" ]; then
		ask "scapy-build loop >= 1000 x pcapmill"
		ask "scapy loop >= 1000 x pcapmill"
		return
	fi
	case " $commands " in
	*" strict "*)
		ask "--profile strict <= 1.1 x pcapmill"
		ask "--variants, 2 of bytes <= 1.35 x pcapmill"
		ask "--variants, 3 of bytes <= 1.7 x pcapmill"
		for form in matrix series packet-bytes mini-flowpic segments; do ask "--form $form <= 1.3 x pcapmill"; done
		;;
	esac
	own() { ask "pcapmill <= $1 MiB" && ask "$two <= $1 MiB"; }
	passes() { ask "pcapmill <= $1 x xxh3 pass" && ask "$two <= $2 x xxh3 pass"; }
	cats() { ask "pcapmill <= $1 x cat" && ask "$two <= $2 x cat"; }
	case $1 in
	real)
		passes 2.6 1.7
		ask "pcapmill >= 1.5 x $two"
		own 250
		;;
	mixed)
		cats 2.5 1.8
		passes 2.6 1.7
		ask "gopacket DecodingLayerParser >= 3 x $two"
		ask "gopacket PacketSource >= 10 x $two"
		ask "pcapmill >= 1.5 x $two"
		own 250
		;;
	bulk) cats 1.5 1.0 && ask "pcapmill >= 1.5 x $two" && own 64 ;;
	storm)
		ask "pcapmill <= 2 x cp of the output + 250 ns"
		ask "pcapmill >= 1.6 x $two"
		own "$((kept * 1000 >> 20))" # 1,000 bytes a session
		ask "pcapmill, --memory 128MiB <= 2 x pcapmill"
		ask "pcapmill, --memory 128MiB, 2 workers <= 2 x $two"
		ask "pcapmill, --memory 128MiB <= 128 MiB"
		ask "pcapmill, --memory 128MiB, 2 workers <= 128 MiB"
		;;
	many) cats 3 2 && ask "pcapmill >= 1.5 x $two" && own 250 ;;
	*-pcapng)
		ask "pcapmill <= 1.2 x pcapmill on the pcap"
		ask "$two <= 1.2 x pcapmill on the pcap, 2 workers"
		own 250
		;;
	mixed-gzip) ask "decompressor alone >= 1.5 x pcapmill" && ask "decompressor alone >= 2.2 x $two" && own 300 ;;
	real-gzip) ask "decompressor alone >= 1.8 x pcapmill" && ask "decompressor alone >= 2.5 x $two" && own 300 ;;
	esac
}

cd "$here"
for p in cmd/pcapmill dev/bench/gen dev/bench/baseline dev/bench/pass dev/bench/timer dev/bench/unpack; do
	go build -o "$work/" "./$p"
done
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if [ -n "$(git status --porcelain -uno 2>/dev/null)" ]; then revision="$revision, changed"; fi
model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)

echo "Machine: $(nproc) x ${model:-unknown}, $(uname -sr), $(go env GOVERSION); $(date '+%Y-%m-%d %H:%M'); commit $revision;"
echo "captures on $(kind "$disk") ($disk, page cache warm), output on $(kind "$work") ($work); load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown) at the start."
echo "Command: \`SHAPES=\"$shapes\" ROUNDS=$rounds ${sample:+SAMPLE=$sample }COMMANDS=\"$wanted\" dev/bench/run.sh\`."

for shape in $shapes; do
	generate "$shape"
	choose "$shape"
	log=$work/$shape.tsv
	for round in $(seq "$rounds"); do
		inputs | xargs -0 cat >/dev/null
		if [ -n "${plain:-}" ]; then cat "$plain" >/dev/null; fi
		for c in $commands; do run "$c"; done
		echo "$shape: round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null)" >&2
	done
	bounds "$shape"
	echo
	"$work/timer" -table "$log" -bytes "$bytes" -packets "$packets" "${asked[@]}"
	rm -rf "$in" "${plain:-$disk/none}" "$work/out" "$work/made"
	plain=""
done
