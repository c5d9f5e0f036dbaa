#!/usr/bin/env bash
# A real stand-alone Spark on this machine: a master and two workers on loopback, from the
# PyPI package pyspark. For tests; a cluster that exists needs only its --master.
#
# usage: cluster.sh start | stop | kill-worker K
#   RUN=DIR          where logs, pids and work directories go
#   SPARK_HOME=DIR   default: that of the pyspark that python3 finds
#   WORKERS=2        how many
set -euo pipefail
if [ $# -lt 1 ]; then sed -n '5s/^# //p' "$0"; exit 2; fi
: "${RUN:?give a folder for logs and pids}"
: "${SPARK_HOME:=$(python3 -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')}"
export SPARK_HOME SPARK_LOCAL_IP=127.0.0.1 SPARK_MASTER_HOST=127.0.0.1 SPARK_DAEMON_MEMORY=512m SPARK_NO_DAEMONIZE=1
mkdir -p "$RUN/log" "$RUN/pid" "$RUN/work"

# spark-class ends in the JVM itself, so the pid is the daemon's.
daemon() { nohup "$SPARK_HOME/bin/spark-class" "${@:2}" >"$RUN/log/$1.log" 2>&1 & echo $! >"$RUN/pid/$1"; }
# registered N: waits until the master knows N workers.
registered() {
  for _ in $(seq 600); do
    [ "$(grep -c 'Registering worker' "$RUN/log/master.log")" -ge "$1" ] && return 0
    sleep 0.5
  done
  echo "cluster.sh: the master knows no $1 workers; see $RUN/log" >&2
  return 1
}
case $1 in
start)
  daemon master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "${PORT:-7077}" --webui-port 0
  for k in $(seq "${WORKERS:-2}"); do
    daemon "worker$k" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 --memory 1g --work-dir "$RUN/work/$k" --webui-port 0 "spark://127.0.0.1:${PORT:-7077}"
  done
  registered "${WORKERS:-2}"
  echo "spark://127.0.0.1:${PORT:-7077}"
  ;;
kill-worker) # with its executors: they are children of the worker
  pid=$(cat "$RUN/pid/worker$2")
  children=$(pgrep -P "$pid" || true)
  kill -9 "$pid" $children
  rm "$RUN/pid/worker$2"
  echo "killed worker $2 and its executor"
  ;;
stop)
  for p in "$RUN"/pid/*; do [ -e "$p" ] && { kill "$(cat "$p")" 2>/dev/null || true; rm "$p"; }; done
  ;;
*) sed -n '5s/^# //p' "$0"; exit 2 ;;
esac
