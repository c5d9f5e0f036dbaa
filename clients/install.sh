#!/usr/bin/env bash
# Installs what clients/check.py and check_formats.py need into a virtual environment of its own:
# numpy, torch, torchvision, idx2numpy and webdataset, some 5.4 GB on disk (the registry serves
# torch with its accelerator libraries). Nothing outside DIR changes.
#
#   clients/install.sh [DIR]     default: ~/.cache/pcapmill/clients
set -euo pipefail
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/pcapmill/clients}
echo "installing numpy, torch, torchvision, idx2numpy, webdataset into $dir" >&2
[ -x "$dir/bin/python" ] || python3 -m venv "$dir"
"$dir/bin/python" -m pip install --quiet --disable-pip-version-check -r "$(dirname "$0")/requirements.txt"
echo "$dir/bin/python"
