#!/usr/bin/env bash
# Installs what check.sh can run: a Python environment in DIR with the packages of
# requirements.txt (PyPI, some 1.2 GB on disk: pyspark brings all of Spark), one in DIR/flink with
# those of flink/requirements.txt (0.9 GB: apache-flink brings all of Flink, and wants an older
# pandas and cloudpickle than others do), and, as root on Debian or Ubuntu, the packages parallel,
# slurmctld, slurmd, slurm-client and munge. Spark and Flink need Java 17, which it does not install.
#
# usage: install.sh DIR     then PYTHON=DIR/bin/python check.sh BINARY
set -euo pipefail
if [ $# -ne 1 ]; then sed -n '8s/^# //p' "$0"; exit 2; fi
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
python3 -m venv "$1/flink"
"$1/flink/bin/pip" install --quiet --disable-pip-version-check -r "$here/flink/requirements.txt" ||
  echo "install.sh: PyFlink could not be installed; check.sh will skip Flink" >&2
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install -y -qq --no-install-recommends parallel slurmctld slurmd slurm-client munge >/dev/null ||
    echo "install.sh: Debian's packages could not be installed; check.sh will skip what needs them" >&2
fi
