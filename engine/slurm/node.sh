#!/usr/bin/env bash
# A real Slurm of one node on this machine, on loopback and without systemd, from Debian's
# slurmctld, slurmd, slurm-client and munge. For tests; needs root.
#
# usage: node.sh start | stop
#   RUN=DIR   where configuration, state and logs go; then use SLURM_CONF=$RUN/slurm.conf
set -euo pipefail
if [ $# -lt 1 ]; then sed -n '5s/^# //p' "$0"; exit 2; fi
: "${RUN:?give a folder for configuration, state and logs}"
mkdir -p "$RUN"/{state,spool,log,munge}
export SLURM_CONF=$RUN/slurm.conf
case $1 in
start)
  [ -s "$RUN/munge/key" ] || head -c 1024 /dev/urandom >"$RUN/munge/key"
  chmod 700 "$RUN/munge"; chmod 400 "$RUN/munge/key"; chown -R munge: "$RUN/munge"
  mkdir -p /run/munge; chown munge: /run/munge
  if ! { [ -S /run/munge/munge.socket.2 ] && kill -0 "$(cat /run/munge/munged.pid 2>/dev/null)" 2>/dev/null; }; then
    setpriv --reuid munge --regid munge --clear-groups munged --key-file="$RUN/munge/key" --log-file="$RUN/munge/munged.log" --seed-file="$RUN/munge/seed" --force
    cp /run/munge/munged.pid "$RUN/munged.pid"
  fi
  host=$(hostname -s)
  cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$RUN/state
SlurmdSpoolDir=$RUN/spool
SlurmctldPidFile=$RUN/slurmctld.pid
SlurmdPidFile=$RUN/slurmd.pid
SlurmctldLogFile=$RUN/log/slurmctld.log
SlurmdLogFile=$RUN/log/slurmd.log
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
JobRequeue=1
SchedulerParameters=requeue_delay=1,sched_interval=2
KillWait=1
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(getconf _NPROCESSORS_ONLN) RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  slurmctld
  slurmd
  for _ in $(seq 60); do [ "$(sinfo -h -o %t 2>/dev/null)" = idle ] && exit 0; sleep 0.5; done
  sinfo
  ;;
stop)
  for d in slurmd slurmctld munged; do
    pid=$(cat "$RUN/$d.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  done
  ;;
*) sed -n '5s/^# //p' "$0"; exit 2 ;;
esac
