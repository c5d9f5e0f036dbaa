#!/usr/bin/env bash
# Installs what the checks in clients/ need into a virtual environment of its own, some
# 6.1 GB on disk, most of it torch, which the registry serves with its accelerator
# libraries. Nothing outside DIR changes.
#
#   requirements.txt          check.py, check_formats.py: numpy, torch, torchvision, idx2numpy, webdataset
#   requirements-formats.txt  check_tables.py, python/: pandas, pyarrow, polars, duckdb, datasets, pillow, mlcroissant;
#                             check_keras.py: keras;
#                             check_sessions.py: scapy, pcapml; check_recipes.py with those of requirements.txt
#   requirements-python.txt   check_wheel.sh: scikit-learn, mypy, twine
#
#   clients/install.sh [DIR]     default: ~/.cache/pcapmill/clients
set -euo pipefail
here=$(dirname "$0")
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/pcapmill/clients}
names=$(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' "$here"/requirements*.txt | paste -sd' ')
echo "installing into $dir: $names" >&2
[ -x "$dir/bin/python" ] || python3 -m venv "$dir"
"$dir/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" -r "$here/requirements-formats.txt" -r "$here/requirements-python.txt"
echo "$dir/bin/python"
