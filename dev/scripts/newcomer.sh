#!/usr/bin/env bash
# Does what docs/quickstart.md tells a new user, in an empty directory: installs the wheel, runs the
# page's commands on the example captures, and trains the page's model. Says how long each took.
#
#   dev/scripts/newcomer.sh [PYTHON]
#
# Needs Go, git, bash, python3 with venv. It installs into a directory of its own, which it removes:
# the wheel, numpy, and torch with what that needs (from PyPI, some gigabytes). If PYTHON is named,
# torch and numpy are those of that interpreter, as clients/install.sh installs them, and nothing is
# fetched but the wheel's own needs. Exit status: 0 done, 1 a command of the page failed.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
libraries=${1:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
began=$SECONDS
say() { echo "newcomer.sh: $1: $((SECONDS - began)) s"; }

"$here/dev/scripts/wheels.sh" --here "$scratch/wheels"
say "the wheel is built"
"${libraries:-python3}" -m venv "$scratch/python"
python=$scratch/python/bin/python
began=$SECONDS # what a user does begins here
if [ -n "$libraries" ]; then
	where='import sysconfig; print(sysconfig.get_path("purelib"))'
	"$libraries" -c "$where" >"$("$python" -c "$where")/libraries.pth"
	"$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index "$scratch"/wheels/*.whl
else
	"$python" -m pip install --quiet --disable-pip-version-check "$scratch"/wheels/*.whl numpy torch
fi
say "installed"

mkdir "$scratch/work"
cp -r "$here/examples/captures" "$scratch/work/captures"
cd "$scratch/work"
"$python" - "$here/docs/quickstart.md" <<'PY'
import re, sys
page = open(sys.argv[1], encoding="utf-8").read()
open("classes.yaml", "w").write(re.search(r"```yaml\n(.*?)```", page, re.S).group(1))
open("train.py", "w").write(re.search(r"```python\n(.*?)```", page, re.S).group(1))
text = re.sub(r"```.*?```", "", page, flags=re.S)
lines = [l.strip() for l in text.splitlines() if l.startswith("    pcapmill ")]
assert len(lines) >= 7, lines
open("commands.sh", "w").write("set -e\n" + "\n".join(lines) + "\n")
PY
PATH=$scratch/python/bin:$PATH bash commands.sh >commands.log 2>&1 || { tail -n 30 commands.log; exit 1; }
say "the page's commands"
"$python" train.py
say "a model is trained"
