#!/usr/bin/env python3
"""Makes docs/quickstart.ipynb of docs/quickstart.md, or docs/proof.ipynb of docs/proof.md, and runs it.

    python3 clients/notebook.py --write CAPTURES    # make it anew, run it, keep what it prints
    python3 clients/notebook.py --check CAPTURES    # it is of the page as it is now, and it runs

    --page proof    of docs/proof.md, on the captures that it names; PROOF_SEEDS=1 trains less

The notebook has the page's text, commands and Python, in their order. It runs in an empty
directory in which CAPTURES is copied to captures (proof: linked, with clients beside it). Needs nbclient and ipykernel (see
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

TOP = pathlib.Path(__file__).resolve().parent.parent
PAGES = {"quickstart": 600, "proof": 7200}  # seconds that a cell may take


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


def run(made, page, captures):
    """Runs the notebook; the first cell that fails raises."""
    import nbclient
    import nbformat

    with tempfile.TemporaryDirectory() as scratch:
        if page == "proof":  # they are many, and only read
            (pathlib.Path(scratch) / "captures").symlink_to(pathlib.Path(captures).resolve())
            (pathlib.Path(scratch) / "clients").symlink_to(TOP / "clients")
        else:
            shutil.copytree(captures, pathlib.Path(scratch) / "captures")
        node = nbformat.from_dict(made)
        nbclient.NotebookClient(node, timeout=PAGES[page], kernel_name="python3", resources={"metadata": {"path": scratch}}).execute()
        return node


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", metavar="CAPTURES")
    what.add_argument("--check", metavar="CAPTURES")
    parser.add_argument("--page", choices=list(PAGES), default="quickstart")
    arguments = parser.parse_args()
    page = TOP / "docs" / f"{arguments.page}.md"
    made, kept_in = notebook(page.read_text(encoding="utf-8")), page.with_suffix(".ipynb")
    captures = arguments.write or arguments.check
    if arguments.page == "proof" and not pathlib.Path(captures).is_dir():
        print(f"NOT CHECKED: docs/proof.ipynb: {captures} is not there")
        return 0
    node = run(made, arguments.page, captures)
    if arguments.check:
        kept = json.loads(kept_in.read_text(encoding="utf-8"))
        have = [(c["cell_type"], "".join(c["source"])) for c in kept["cells"]]
        want = [(c["cell_type"], "".join(c["source"])) for c in made["cells"]]
        if have != want:
            raise SystemExit(f"notebook.py: docs/{kept_in.name} is not of docs/{page.name}: clients/notebook.py --page {arguments.page} --write CAPTURES")
        print(f"docs/{kept_in.name}: of the page as it is, and it runs")
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
    kept_in.write_text(nbformat.writes(node) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
