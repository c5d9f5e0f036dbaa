#!/usr/bin/env bash
# Installs what check.sh can run: a Python environment in DIR with the packages of
# requirements.txt (PyPI, some 1.2 GB on disk: pyspark brings all of Spark), and, as root on
# Debian or Ubuntu, the packages parallel, slurmctld, slurmd, slurm-client and munge.
#
# usage: install.sh DIR     then PYTHON=DIR/bin/python check.sh BINARY
set -euo pipefail
if [ $# -ne 1 ]; then sed -n '6s/^# //p' "$0"; exit 2; fi
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install -y -qq --no-install-recommends parallel slurmctld slurmd slurm-client munge >/dev/null ||
    echo "install.sh: Debian's packages could not be installed; check.sh will skip what needs them" >&2
fi
