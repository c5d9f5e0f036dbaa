"""Loads a pcapmill dataset as its users do: with numpy, and, laid out as MNIST,
with torchvision's own reader. Prints one line per check; exits 1 at the first
that fails, and says loudly which libraries are missing (exit 0 then, unless
--require is given).

    python3 clients/check.py DIR [--require] [--readme README.md]

With --readme the Python examples of that page are run as they stand there, with
DIR in place of demo.
"""

import argparse
import importlib.util
import json
import pathlib
import re
import shutil
import sys
import tempfile


def missing(module: str, require: bool) -> bool:
    if importlib.util.find_spec(module) is not None:
        return False
    print(f"SKIPPED: {module} is not installed (clients/install.sh installs it)")
    if require:
        sys.exit(1)
    return True


def with_numpy(directory: pathlib.Path):
    import numpy as np

    images = np.fromfile(directory / "session_output.idx3", np.uint8)[16:].reshape(-1, 28, 28)
    labels = np.fromfile(directory / "label_output.idx1", np.uint8)[8:]
    assert len(images) == len(labels)

    manifest = json.loads((directory / "manifest.json").read_text())
    header = np.fromfile(directory / "session_output.idx3", ">u4", 4).tolist()
    assert header == [0x803, len(images), 28, 28], header
    assert np.fromfile(directory / "label_output.idx1", ">u4", 2).tolist() == [0x801, len(labels)]
    assert manifest["samples"] == len(images)
    for capture in manifest["captures"]:
        first, n = capture["first_sample"], capture["samples"]
        assert (labels[first : first + n] == capture["label"]).all(), capture["name"]
    for row in manifest["classes"]:
        assert int((labels == row["label"]).sum()) == row["samples"], row["name"]
    print(f"ok: numpy {np.__version__}: {images.shape} {images.dtype}, {len(set(labels.tolist()))} classes")
    return images, labels


def with_torchvision(directory: pathlib.Path, images, labels) -> None:
    import torch
    import torchvision

    with tempfile.TemporaryDirectory() as root:
        raw = pathlib.Path(root) / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for part in ("train", "t10k"):  # its reader wants both halves
            shutil.copy(directory / "session_output.idx3", raw / f"{part}-images-idx3-ubyte")
            shutil.copy(directory / "label_output.idx1", raw / f"{part}-labels-idx1-ubyte")
        data = torchvision.datasets.MNIST(root)
        assert tuple(data.data.shape) == images.shape
        assert torch.equal(data.data, torch.from_numpy(images.copy()))
        assert torch.equal(data.targets, torch.from_numpy(labels.astype("int64")))
        picture, target = data[0]
        assert picture.size == (28, 28) and target == int(labels[0])
    print(f"ok: torchvision {torchvision.__version__}: MNIST reader, {len(data)} samples")


def with_readme(directory: pathlib.Path, readme: pathlib.Path, images) -> None:
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(), re.S)
    assert blocks, "no Python examples in " + str(readme)
    for block in blocks:
        names: dict = {}
        exec(block.replace("demo/", f"{directory}/"), names)
        assert len(names["images"]) == len(names["labels"]) == len(images)
    print(f"ok: {len(blocks)} examples of {readme}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="fail if a library is missing")
    parser.add_argument("--readme", type=pathlib.Path, help="run the Python examples of this page too")
    args = parser.parse_args()
    if missing("numpy", args.require):
        return
    images, labels = with_numpy(args.directory)
    if missing("torch", args.require) or missing("torchvision", args.require):
        return
    with_torchvision(args.directory, images, labels)
    if args.readme:
        with_readme(args.directory, args.readme, images)


if __name__ == "__main__":
    main()
