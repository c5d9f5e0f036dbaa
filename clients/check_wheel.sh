#!/usr/bin/env bash
# Builds the wheel for this machine, installs it as a user does, and tests it: in an empty environment
# that has nothing but numpy, and in one that sees the libraries of clients/install.sh. Needs Go,
# git, python3 and the network.
#
#   clients/check_wheel.sh PYTHON [WHEEL]
#
# PYTHON is what clients/install.sh prints. With WHEEL that one is tested, and none is built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wheel=${2:-}
if [ -z "$wheel" ]; then
	"$here/../dev/scripts/wheels.sh" --here "$scratch/wheels"
	wheel=$(echo "$scratch"/wheels/*.whl)
fi
wheel=$(cd "$(dirname "$wheel")" && pwd)/$(basename "$wheel")
"$python" -m twine check --strict "$wheel"
(cd "$here/python" && "$python" -m mypy --cache-dir "$scratch/mypy")

echo "== an empty environment"
"$python" -m venv "$scratch/empty"
"$scratch/empty/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
(cd "$scratch" && "$scratch/empty/bin/python" "$here/python/test_package.py" "$here/../examples/captures" --alone)

echo "== with other libraries"
"$python" -m venv "$scratch/full"
packages='import sysconfig; print(sysconfig.get_path("purelib"))'
"$python" -c "$packages" >"$("$scratch/full/bin/python" -c "$packages")/clients.pth"
"$scratch/full/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index "$wheel"
(cd "$scratch" && "$scratch/full/bin/python" "$here/python/test_package.py" "$here/../examples/captures" --require)
