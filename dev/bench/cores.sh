#!/bin/sh
# Usage: dev/bench/cores.sh PCAPMILL CAPTURE... [-- OPTIONS of convert]
#
# Prints which stages of a run are shared between goroutines and which are done in order, as
# shares of its processor time (perf record), and what that allows on 1, 2, 8, 16 and 64 cores as
# times of the run on one:
#
#   at least  stages in order run beside all others, but not beside one another where they follow
#             one another: those of storing and the plan
#   at most   stages in order wait for all others
#
# It is arithmetic on measured shares, not a run on so many cores: waiting for memory, for the
# disk and for the scheduler is not in it. Small captures are sifted in order.
#
# FREQ is how often perf looks, in hertz (default 999); WORKERS how many workers the run has
# (default 1). A compressed capture is divided only if they are two.
set -eu
[ $# -ge 2 ] || { sed -n 's/^# \{0,1\}//p' "$0" | head -1; exit 2; }
bin=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
captures=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	captures="$captures $1"
	shift
done
[ $# -eq 0 ] || shift
# shellcheck disable=SC2086 # paths of benchmarks have no spaces
perf record -q -g -e cpu-clock -F "${FREQ:-999}" -o "$dir/perf" "$bin" convert $captures -o "$dir/out" --unknown keep --workers "${WORKERS:-1}" "$@" >/dev/null 2>&1
perf script -i "$dir/perf" -F ip,sym 2>/dev/null | awk '
# A sample belongs to the first stage below that its stack is in.
BEGIN {
	n = 0
	stage("judge, fill, prepare", "parts", "mill.*adding..(judge|fill|put)|mill.*intake..prepare")
	stage("sift", "parts", "mill.*adding..sift")
	stage("name", "store", "mill.*round..name")
	stage("count", "store", "mill.*adding..(count|labels)")
	stage("emit, append", "store", "mill.*adding..(emit|take)|store.*Writer..(Append|Filled|EndCapture)")
	stage("commit", "store", "store.*Writer..(Commit|commitNow)")
	stage("collector, rest of storing", "store", "mill.*collector")
	stage("look at paths", "parts", "internal/find.*finder..look")
	stage("plan", "store", "mill.PrepareIn")
	stage("read, decode, tables", "parts", "mill.*scheduler..work")
	stage("read ahead of workers", "ahead", "mill.*scheduler..fill")
	stage("garbage collector", "parts", "gcBgMarkWorker")
	stage("start and the rest", "order", ".")
}
function stage(name, how, pattern) { names[++n] = name; hows[n] = how; patterns[n] = pattern }
function end(  i) {
	if (stack == "") return
	for (i = 1; i <= n; i++) if (stack ~ patterns[i]) { count[i]++; total++; break }
	stack = ""
}
/^$/ { end(); next }
{ stack = stack "\n" $2 }
END {
	end()
	if (total == 0) { print "no samples" > "/dev/stderr"; exit 1 }
	print "| stage | how | share |\n|---|---|---:|"
	for (i = 1; i <= n; i++) {
		share = count[i] / total
		sum[hows[i]] += share
		printf "| %s | in %s | %.1f %% |\n", names[i], hows[i] == "parts" ? "parts" : "order", 100 * share
	}
	print "\n| cores | at least | at most |\n|---:|---:|---:|"
	longest = sum["store"] > sum["ahead"] ? sum["store"] : sum["ahead"]
	split("1 2 8 16 64", cores, " ")
	for (k = 1; k <= 5; k++) {
		c = cores[k]
		least = 1 / c > longest ? 1 / c : longest
		printf "| %d | %.2f | %.2f |\n", c, least, 1 - sum["parts"] + sum["parts"] / c
	}
}'
