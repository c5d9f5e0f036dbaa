#!/usr/bin/env bash
# A plan on Slurm: an array of map tasks, an array of reduce tasks, and a merge, each after
# the one before has succeeded. Run it again after a failure: what is done is skipped.
#
# usage: mill.sh BINARY PLAN DIR DATASET [MAPS [REDUCES]]   submits
#        mill.sh left PLAN DIR                              says what is left
#   SBATCH_OPTIONS="--partition=... --time=... --mem=..."   for every task
# All paths must be the same on all nodes. MAPS and REDUCES are the tasks of the arrays, at
# most MaxArraySize of the cluster (scontrol show config); the default is 100 and 20.
set -euo pipefail
usage() { sed -n '5,6s/^# //p' "$0"; exit 2; }
[ $# -ge 3 ] || usage
count() {
  chunks=$(grep -o '"input":' "$1" | wc -l)
  parts=$(grep -o '"parts":[0-9]*' "$1" | head -n 1 | cut -d: -f2)
}
left() { # PLAN DIR
  count "$1"
  mkdir -p "$2"
  mapped=$(find "$2" -maxdepth 1 -name 'map-*' | wc -l)
  reduced=$(find "$2" -maxdepth 1 -name 'part-*' | wc -l)
  echo "left: $((chunks - mapped)) of $chunks chunks to map, $((parts - reduced)) of $parts parts to reduce"
}
if [ "$1" = left ]; then left "$2" "$3"; exit; fi
[ $# -ge 4 ] || usage
binary=$(realpath "$1") plan=$(realpath "$2") dir=$(realpath -m "$3") dataset=$(realpath -m "$4")
left "$plan" "$dir"
least() { echo $(($1 < $2 ? $1 : $2)); }
maps=$(least "$chunks" "${5:-100}") reduces=$(least "$parts" "${6:-20}")
mkdir -p "$dir/log"
# A requeued task appends to its log. Options are words.
submit() { sbatch --parsable --requeue --open-mode=append -o "$dir/log/%x-%A_%a.out" ${SBATCH_OPTIONS:-} "$@"; }
quoted() { printf '%q ' "$@"; }
task() { quoted exec "$binary" "$1" --plan "$plan" -d "$dir"; printf -- '--shard $SLURM_ARRAY_TASK_ID/%d' "$2"; }
map=$(submit -J map --array="0-$((maps - 1))" --wrap "$(task map "$maps")")
reduce=$(submit -J reduce --array="0-$((reduces - 1))" -d "afterok:$map" --kill-on-invalid-dep=yes --wrap "$(task reduce "$reduces")")
merge=$(submit -J merge -d "afterok:$reduce" --kill-on-invalid-dep=yes --wrap "$(quoted exec "$binary" merge --plan "$plan" -d "$dir" -o "$dataset")")
echo "submitted: map $map, reduce $reduce, merge $merge; logs in $dir/log"
