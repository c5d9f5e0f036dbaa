#!/usr/bin/env bash
# Runs a conversion on every engine that is installed here, and one of groups of captures,
# and compares each dataset with that of convert, byte for byte but for the seconds of the
# manifest. What is not installed is skipped, loudly. Tasks are killed in mid-run: a map
# process, a Spark worker with its executor, a Slurm task.
#
# usage: check.sh BINARY [ENGINE...]     default: parallel xargs spark spark-kill slurm dask ray flink
#   PYTHON=...   a Python that has pyspark, dask and ray (install.sh makes one)
#   FLINK=...    a Python that has pyflink; default: flink/bin/python beside PYTHON's bin
#   SIZE=64MiB   of the capture that is generated
set -euo pipefail
if [ $# -lt 1 ]; then sed -n '7s/^# //p' "$0"; exit 2; fi
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1") && shift
python=${PYTHON:-python3}
flink=${FLINK:-$(dirname "$(dirname "$(command -v "$python" || echo "$python")")")/flink/bin/python}
work=$(mktemp -d)
chmod 711 "$work" # munge runs as another user
spark= slurm=
finish() {
  [ -z "$spark" ] || RUN=$spark "$here/spark/cluster.sh" stop
  [ -z "$slurm" ] || RUN=$slurm "$here/slurm/node.sh" stop
  rm -rf "$work"
}
trap finish EXIT
say() { printf '%6.1fs  %s\n' "$(echo "$(date +%s.%N) - $began" | bc 2>/dev/null || echo 0)" "$*"; }
began=$(date +%s.%N)
skipped() { echo "SKIPPED $1: $2 is not installed here; nothing about it was checked"; }

# One large capture, one in gzip, one that is cut, one in which interfaces come late.
mkdir "$work/captures"
(cd "$here/.." && go run ./dev/bench/gen -shape mixed -size "${SIZE:-64MiB}" -seed 1 -o "$work/captures/vpn_chat.pcap" >/dev/null
  go run ./dev/bench/gen -shape mixed -size 4MiB -seed 2 -gzip -o "$work/captures/email.pcap.gz" >/dev/null
  go run ./dev/bench/gen -shape storm -size 4MiB -seed 3 -o "$work/captures/whole.pcap" >/dev/null
  go run ./dev/bench/gen -shape storm -size 5MiB -seed 4 -pcapng -o "$work/captures/youtube.pcapng" >/dev/null)
head -c 3333333 "$work/captures/whole.pcap" >"$work/captures/aim_chat.pcap" && rm "$work/captures/whole.pcap"
cat "$work/captures/youtube.pcapng" "$work/captures/youtube.pcapng" >"$work/captures/youtube2.pcapng"
captures=$work/captures want=$work/want options=(--split 80/20 --split-by session)
convert() { "$binary" convert "$captures" -o "$want" "${options[@]}" >/dev/null 2>&1 || [ $? -eq 3 ]; }
convert
# Groups of captures: sessions of one go on in the next, one is in gzip, one is cut.
mkdir -p "$work/rotated/a" "$work/rotated/b"
(cd "$here/.." && for i in 1 2 3; do
  go run ./dev/bench/gen -shape mixed -size "$((2 * i))MiB" -seed 5 -o "$work/rotated/a/chat_$i.pcap" >/dev/null
done
  go run ./dev/bench/gen -shape storm -size 2MiB -seed 6 -gzip -o "$work/rotated/b/email_1.pcap.gz" >/dev/null
  go run ./dev/bench/gen -shape storm -size 3MiB -seed 6 -o "$work/rotated/b/whole.pcap" >/dev/null)
head -c 2222222 "$work/rotated/b/whole.pcap" >"$work/rotated/b/email_2.pcap" && rm "$work/rotated/b/whole.pcap"
# in_groups COMMAND...: with these captures.
in_groups() {
  local captures=$work/rotated want=$work/want-groups options=(--session-scope group --idle-timeout 60s)
  "$@"
}
in_groups convert
say "convert has made what the others are compared with"

# plan CHUNK PARTS; and what tasks leave is gone.
plan() {
  rm -rf "$work/dir" "$work/have"
  "$binary" plan "$captures" -o "$work/plan.json" --chunk "$1" --parts "$2" "${options[@]}" 2>/dev/null
}
without_seconds() { sed -E 's/"seconds": [0-9.e+-]+//' "$1"; }
same() {
  for f in $(cd "$want" && ls); do
    [ "$f" = manifest.json ] || cmp "$work/have/$f" "$want/$f"
  done
  cmp <(without_seconds "$work/have/manifest.json") <(without_seconds "$want/manifest.json")
  say "$1: the dataset is that of convert"
}
# merged COMMAND...: the exit status is 3, because a capture is cut.
merged() { "$@" >"$work/log" 2>&1 || [ $? -eq 3 ] || { cat "$work/log"; exit 1; }; }
# slow SECONDS: the binary, but so slow that something can be killed.
slow() {
  printf '#!/bin/sh\ncase $1 in map) sleep %s;; esac\nexec %q "$@"\n' "$1" "$binary" >"$work/slow"
  chmod +x "$work/slow"
}
# tasks: the processes of slow map tasks.
tasks() { pgrep -f "^/bin/sh $work/slow map" || true; }
await() { until [ -n "$(tasks)" ]; do sleep 0.1; done; }

files_once() { # NAME CHUNK
  plan "$2" 3
  merged "$here/parallel/mill.sh" "$binary" "$work/plan.json" "$work/dir" "$work/have"
  same "$1"
}
files() { # with what starts processes here
  for chunk in 1MiB 5000000 256MiB; do
    files_once "$1, chunks of $chunk" "$chunk"
  done
  in_groups files_once "$1, groups of captures" 1MiB
  plan 2MiB 7
  slow 1
  "$here/parallel/mill.sh" "$work/slow" "$work/plan.json" "$work/dir" >/dev/null 2>&1 & job=$!
  await
  kill -9 $(tasks | head -n 1)
  wait $job && say "$1: a killed task was tried again" || say "$1: a task was killed, and the run with it"
  merged "$here/parallel/mill.sh" "$binary" "$work/plan.json" "$work/dir" "$work/have"
  same "$1, after a kill"
}

on_parallel() { if parallel --version 2>/dev/null | grep -q '^GNU parallel'; then files "GNU parallel"; else skipped parallel "GNU parallel"; fi; }
on_xargs() { (mkdir -p "$work/bin" && printf '#!/bin/sh\nexit 1\n' >"$work/bin/parallel" && chmod +x "$work/bin/parallel" && PATH=$work/bin:$PATH && files xargs); }

# with_spark FUNCTION: starts a cluster of two workers, and ends it.
with_spark() {
  if ! "$python" -c 'import pyspark' 2>/dev/null || ! command -v java >/dev/null; then skipped spark "pyspark or Java"; return; fi
  export PYSPARK_PYTHON=$python SPARK_LOCAL_IP=127.0.0.1 SPARK_HOME
  SPARK_HOME=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
  spark=$work/spark
  master=$(RUN=$spark "$here/spark/cluster.sh" start)
  "$1"
  RUN=$spark "$here/spark/cluster.sh" stop
  spark=
}
submit() {
  "$SPARK_HOME/bin/spark-submit" --master "$master" --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
    --conf spark.ui.enabled=false --executor-memory 768m "$@"
}
spark_once() { # NAME CHUNK PARTS
  plan "$2" "$3"
  merged submit "$here/spark/mill.py" "$binary" "$work/plan.json" "$work/dir" "$work/have"
  grep -h 'bytes shuffled' "$work/log"
  same "$1"
}
spark_jobs() {
  for way in "1MiB 2" "5000000 5" "256MiB 5"; do
    spark_once "Spark, chunks and parts $way" $way
  done
  in_groups spark_once "Spark, groups of captures" 1MiB 3
  plan 2MiB 4
  mkdir "$work/sent" && cp "$binary" "$work/sent/pcapmill" && cp "$work/plan.json" "$work/sent/sent.json"
  (cd "$work/sent" && merged submit --files pcapmill,sent.json "$here/spark/mill.py" pcapmill sent.json "$work/dir" "$work/have")
  same "Spark, binary and plan sent with --files"
}
spark_kill() {
  plan 2MiB 4
  slow 2
  submit "$here/spark/mill.py" "$work/slow" "$work/plan.json" "$work/dir" >"$work/log" 2>&1 & job=$!
  await
  kill -9 $(tasks | head -n 1) && say "Spark: killed a map process"
  sleep 3
  RUN=$spark "$here/spark/cluster.sh" kill-worker 1
  wait $job || { tail -n 30 "$work/log"; exit 1; }
  grep -oE 'Lost (task|executor)' "$work/log" | sort | uniq -c
  merged "$binary" merge --plan "$work/plan.json" -d "$work/dir" -o "$work/have"
  same "Spark, after both kills"
}
on_spark() { with_spark spark_jobs; }
on_spark-kill() { with_spark spark_kill; }

on_slurm() {
  if ! command -v slurmctld >/dev/null || ! command -v sbatch >/dev/null || [ "$(id -u)" != 0 ]; then skipped slurm "Slurm, or root to start it,"; return; fi
  slurm=$work/slurm
  RUN=$slurm "$here/slurm/node.sh" start
  export SLURM_CONF=$slurm/slurm.conf
  ended() { until [ -z "$(squeue -h)" ]; do sleep 0.5; done; }
  slurm_once() { # NAME CHUNK PARTS
    plan "$2" "$3"
    "$here/slurm/mill.sh" "$binary" "$work/plan.json" "$work/dir" "$work/have" 4 2
    ended
    same "$1"
  }
  for way in "1MiB 2" "5000000 5" "256MiB 3"; do
    slurm_once "Slurm, chunks and parts $way" $way
  done
  in_groups slurm_once "Slurm, groups of captures" 1MiB 3
  plan 2MiB 4
  slow 3
  "$here/slurm/mill.sh" "$work/slow" "$work/plan.json" "$work/dir" "$work/have" 3 2
  await
  kill -9 $(tasks | head -n 1) && say "Slurm: killed a task"
  ended
  "$here/slurm/mill.sh" left "$work/plan.json" "$work/dir"
  [ ! -e "$work/have/manifest.json" ] || { echo "a merge ran although a task failed"; exit 1; }
  "$here/slurm/mill.sh" "$binary" "$work/plan.json" "$work/dir" "$work/have" 3 2
  ended
  same "Slurm, submitted again after a kill"
  RUN=$slurm "$here/slurm/node.sh" stop
  slurm=
}

python_engine() { # NAME MODULE
  if ! "$python" -c "import $2" 2>/dev/null; then skipped "$1" "$2"; return; fi
  python_once() { # NAME
    plan 3MiB 3
    merged "$python" "$here/$engine/mill.py" "$binary" "$work/plan.json" "$work/dir" "$work/have"
    same "$1"
  }
  local engine=$1
  python_once "$1"
  in_groups python_once "$1, groups of captures"
}
on_dask() { python_engine dask distributed; }
on_ray() { python_engine ray ray; }
on_flink() {
  if ! command -v java >/dev/null; then skipped flink Java; return; fi
  local python=$flink
  python_engine flink pyflink
}

for engine in "${@:-parallel xargs spark spark-kill slurm dask ray flink}"; do
  for e in $engine; do "on_$e"; done
done
