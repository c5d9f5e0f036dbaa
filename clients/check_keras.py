#!/usr/bin/env python3
"""Trains a Keras model on the npz export of a dataset that is split, as docs/formats/npz.md has it.

    python3 clients/check_keras.py DIR [--require]

DIR is a dataset with DIR/npz. Keras runs on torch. Without Keras it says so; with --require that is
a failure. Exit status: 0 fine or skipped, 1 not so.
"""

import argparse
import os
import pathlib
import re
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--require", action="store_true")
    arguments = parser.parse_args()
    try:
        import keras  # noqa: F401
    except ImportError as e:
        print(f"check_keras.py: skipped: {e}")
        return int(arguments.require)
    page = pathlib.Path(__file__).resolve().parent.parent / "docs" / "formats" / "npz.md"
    blocks = [b for b in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S) if "import keras" in b]
    assert len(blocks) == 1, f"{page}: {len(blocks)} examples with Keras"
    names = {}
    exec(compile(blocks[0].replace('"demo/npz', f'"{arguments.directory}/npz'), str(page), "exec"), names)
    history = names["history"].history
    assert history["loss"][-1] < history["loss"][0], history
    print(f"Keras {names['keras'].__version__}: loss {history['loss'][0]:.2f} to {history['loss'][-1]:.2f}, test accuracy {names['accuracy']:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
