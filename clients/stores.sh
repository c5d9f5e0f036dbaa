#!/usr/bin/env bash
# Installs moto 5.2.5, a store on loopback in Python, from PyPI (some 60 MB with what it needs), into an
# environment of its own, and checks with it what pcapmill does with object stores.
#
#   clients/stores.sh PCAPMILL CAPTURES      # PCAPMILL is built with the tag s3
#
# The environment is in ~/.cache/pcapmill/stores, or below XDG_CACHE_HOME.
# Exit status: 0 the same bytes, or it cannot be installed, which is said; 1 not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=${XDG_CACHE_HOME:-$HOME/.cache}/pcapmill/stores
if ! "$place/bin/python" -c 'import moto, boto3, flask' 2>/dev/null; then
	if ! { python3 -m venv "$place" && "$place/bin/pip" install -q --disable-pip-version-check 'moto[server]==5.2.5'; } >&2; then
		echo "SKIPPED: moto cannot be installed here: object stores were tried with gofakes3 only" >&2
		exit 0
	fi
fi
"$place/bin/python" "$here/check_stores.py" "$@"
