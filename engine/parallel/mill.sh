#!/usr/bin/env bash
# A plan on one machine, or on several that share a file system: a process a task, by GNU
# parallel where it is installed, else by xargs.
#
# usage: mill.sh BINARY PLAN DIR [DATASET]
#   JOBS=8         tasks at a time (default: one a core)
#   HOSTS=a,b,c    machines, by ssh, for GNU parallel; paths must be the same there
# A run that failed or was killed goes on when it is started again.
set -euo pipefail
if [ $# -lt 3 ]; then sed -n '5s/^# //p' "$0"; exit 2; fi
binary=$1 plan=$2 dir=$3 dataset=${4:-}
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
chunks=$(grep -o '"input":' "$plan" | wc -l)
parts=$(grep -o '"parts":[0-9]*' "$plan" | head -n 1 | cut -d: -f2)

# tasks N VERB [OPTION...]: every shard of a step.
tasks() {
  local n=$1 verb=$2
  set -- "$binary" "$verb" --plan "$plan" -d "$dir" "${@:3}"
  if parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
    seq 0 $((n - 1)) | parallel --halt now,fail=1 --retries 2 -j "$jobs" ${HOSTS:+-S "$HOSTS"} -q "$@" --shard "{}/$n"
  else
    seq 0 $((n - 1)) | xargs -P "$jobs" -I '{}' "$@" --shard "{}/$n"
  fi
}
# As many shards as tasks at a time, and some more, so that a slow one holds up little.
maps=$((chunks < 4 * jobs ? chunks : 4 * jobs)) reduces=$((parts < 4 * jobs ? parts : 4 * jobs))
tasks "$maps" map -j 1
tasks "$reduces" reduce
if [ -n "$dataset" ]; then "$binary" merge --plan "$plan" -d "$dir" -o "$dataset"; fi
