"""Runs the recipes of papers as they stand in docs/recipes/paper-*.md: the command of each section on
the captures given, and the Python lines that load what it has made.

    python3 clients/check_recipes.py PCAPMILL CAPTURES [--require]

Prints what each prints; exits 1 at the first that fails, and says which libraries are missing (exit
0 then, unless --require is given). Nothing is downloaded.
"""

import argparse
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

NEED = "numpy pandas pyarrow datasets torch torchvision".split()
PAGES = pathlib.Path(__file__).resolve().parent.parent / "docs" / "recipes"


def sections():
    """Name, command and Python of each section."""
    for page in sorted(PAGES.glob("paper-*.md")):
        for text in page.read_text(encoding="utf-8").split("\n## ")[1:]:
            name = text.split("\n", 1)[0]
            command = re.search(r"\n    (pcapmill .*)", text.replace("\\\n", " ")).group(1)
            yield name, command, re.search(r"```python\n(.*?)```", text, re.S).group(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pcapmill", type=pathlib.Path)
    parser.add_argument("captures", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="a missing library is a failure")
    args = parser.parse_args()
    missing = [m for m in NEED if importlib.util.find_spec(m) is None]
    if missing:
        print(f"SKIPPED: not installed: {', '.join(missing)} (clients/install.sh installs them)")
        sys.exit(args.require)
    done = 0
    for name, command, code in sections():
        with tempfile.TemporaryDirectory() as scratch:
            work = pathlib.Path(scratch)
            (work / "captures").symlink_to(args.captures.resolve())
            (work / "pcapmill").symlink_to(args.pcapmill.resolve())
            env = {**os.environ, "PATH": f"{work}{os.pathsep}{os.environ['PATH']}", "HF_HOME": str(work / "hf"), "HF_DATASETS_OFFLINE": "1"}
            subprocess.run(["bash", "-c", command + " --quiet"], cwd=work, env=env, check=True, capture_output=True)
            out = subprocess.run([sys.executable, "-c", code], cwd=work, env=env, text=True, capture_output=True)
            if out.returncode or not out.stdout.strip():
                sys.exit(f"{name}: {command}\n{code}\n{out.stdout}{out.stderr}")
            print(f"ok: {name}: {out.stdout.strip()}")
            done += 1
    if done < 17:
        sys.exit(f"only {done} sections were found in {PAGES}")


if __name__ == "__main__":
    main()
