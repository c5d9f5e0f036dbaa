#!/usr/bin/env python3
"""Makes docs/quickstart.ipynb of docs/quickstart.md, and runs it.

    python3 clients/notebook.py --write CAPTURES    # make it anew, run it, keep what it prints
    python3 clients/notebook.py --check CAPTURES    # it is of the page as it is now, and it runs

The notebook has the page's text, commands and Python, in their order. It runs in an empty
directory in which CAPTURES is copied to captures. Needs nbclient and ipykernel (see
requirements-notebook.txt), pcapmill on the PATH and in Python, bash, and torch. Exit status: 0 done,
1 not so.
"""

import argparse
import json
import pathlib
import re
import shutil
import sys
import tempfile

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "quickstart.md"
NOTEBOOK = PAGE.with_suffix(".ipynb")


def cells(page):
    """The cells of the page: (kind, source)."""
    out = []
    for part in re.split(r"(```\w+\n.*?```|(?:^    [^\n]*\n?)+)", page, flags=re.S | re.M):
        text = part.strip("\n")
        if not text.strip():
            continue
        if part.startswith("```yaml"):
            out.append(("code", "%%writefile classes.yaml\n" + re.sub(r"^```yaml\n|```$", "", part).strip("\n")))
        elif part.startswith("```python"):
            out.append(("code", re.sub(r"^```python\n|```$", "", part).strip("\n")))
        elif part.startswith("    "):
            lines = [line.strip() for line in text.splitlines()]
            if all(line.startswith("pcapmill ") for line in lines):
                out.append(("code", "%%bash -e\n" + "\n".join(lines)))
            else:
                out.append(("markdown", text))  # what is installed before
        else:
            out.append(("markdown", text))
    return out


def notebook(page):
    """The notebook without outputs."""
    made = []
    for i, (kind, source) in enumerate(cells(page)):
        cell = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": source}
        if kind == "code":
            cell.update(execution_count=None, outputs=[])
        made.append(cell)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def run(made, captures):
    """Runs the notebook; the first cell that fails raises."""
    import nbclient
    import nbformat

    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(captures, pathlib.Path(scratch) / "captures")
        node = nbformat.from_dict(made)
        nbclient.NotebookClient(node, timeout=600, kernel_name="python3", resources={"metadata": {"path": scratch}}).execute()
        return node


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", metavar="CAPTURES")
    what.add_argument("--check", metavar="CAPTURES")
    arguments = parser.parse_args()
    made = notebook(PAGE.read_text(encoding="utf-8"))
    node = run(made, arguments.write or arguments.check)
    if arguments.check:
        kept = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
        have = [(c["cell_type"], "".join(c["source"])) for c in kept["cells"]]
        want = [(c["cell_type"], "".join(c["source"])) for c in made["cells"]]
        if have != want:
            raise SystemExit("notebook.py: docs/quickstart.ipynb is not of docs/quickstart.md: clients/notebook.py --write CAPTURES")
        print("docs/quickstart.ipynb: of the page as it is, and it runs")
        return 0
    import nbformat

    for cell in node.cells:
        cell.metadata = {}
        joined = []
        for output in cell.get("outputs", []):
            if joined and joined[-1].get("name") == output.get("name", "") != "":
                joined[-1].text += output.text
            else:
                joined.append(output)
        if cell.cell_type == "code":
            cell.outputs = joined
    NOTEBOOK.write_text(nbformat.writes(node) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
