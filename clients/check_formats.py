"""Loads the exports of a pcapmill dataset with their real clients and compares every
sample and label with the dataset: mnist with torchvision and idx2numpy, npy and npz with
numpy, png with torchvision's ImageFolder, wds with webdataset.

    python3 clients/check_formats.py DIR [--require] [--docs docs/formats]

DIR is a dataset with exports ('pcapmill export DIR --format mnist,npy,npz,png,wds'); an
export that is not there is skipped. Prints one line per check; exits 1 at the first that
fails, and says loudly which libraries are missing (exit 0 then, unless --require is
given, which also wants all exports to be there). With --docs the Python examples of
the pages about the formats are run as they stand there, with DIR in place of demo.
"""

import argparse
import collections
import gzip
import hashlib
import importlib.util
import io
import json
import pathlib
import re
import shutil
import sys
import tempfile
import zipfile

FORMATS = ("mnist", "npy", "npz", "png", "wds")


def missing(module: str, require: bool) -> bool:
    if importlib.util.find_spec(module) is not None:
        return False
    print(f"SKIPPED: {module} is not installed (clients/install.sh installs it)")
    if require:
        sys.exit(1)
    return True


class Dataset:
    """The store: samples, labels and class names, read by offsets."""

    def __init__(self, directory: pathlib.Path):
        import numpy as np

        self.directory = directory
        self.manifest = json.loads((directory / "manifest.json").read_text())
        n, rows, cols = (self.manifest[k] for k in ("samples", "rows", "columns"))
        self.images = np.fromfile(directory / "session_output.idx3", np.uint8)[16:].reshape(-1, rows, cols)[:n]
        header = (directory / "label_output.idx1").read_bytes()[:8]
        kind = {8: np.uint8, 12: ">i4"}[header[2]]
        self.labels = np.fromfile(directory / "label_output.idx1", kind, offset=8)[:n].astype(int)
        self.unknown = 255 if header[2] == 8 else 65535
        self.classes = {c["label"]: c["name"] for c in self.manifest["classes"]}
        self.classes.setdefault(self.unknown, "unknown")

    def names(self):
        return [name for label, name in sorted(self.classes.items()) if label != self.unknown]

    def check_sides(self, sides: dict, what: str) -> None:
        """sides: name -> (images, labels). Together they are the dataset, or, if a split
        has left samples out, a part of it."""
        want = collections.Counter((int(l), m.tobytes()) for m, l in zip(self.images, self.labels))
        have = collections.Counter((int(l), m.tobytes()) for x, y in sides.values() for m, l in zip(x, y, strict=True))
        assert have <= want, f"{what}: samples that are not those of the dataset"
        left_out = (self.manifest.get("split") or {}).get("left_out") or {}
        assert have.total() == len(self.images) - sum(left_out.values()), f"{what}: {have.total()} samples"
        if list(sides) == ["all"]:  # then in the same order, too
            x, y = sides["all"]
            assert (x == self.images).all() and (y == self.labels).all(), what


def record(export: pathlib.Path, data: Dataset) -> dict:
    """Reads __pcapmill/export.json and checks what it says about the files."""
    r = json.loads((export / "__pcapmill/export.json").read_text())
    assert r["samples"] == len(data.images), f"{export} is stale"
    listed = {f["name"]: f for f in r["files"]}
    there = {p.relative_to(export).as_posix() for p in export.rglob("*") if p.is_file()} - {"__pcapmill/export.json"}
    assert there == set(listed), there ^ set(listed)
    for name, f in listed.items():
        text = (export / name).read_bytes()
        assert len(text) == f["size"] and hashlib.sha256(text).hexdigest() == f["sha256"], name
    return r


def sizes(r: dict) -> dict:
    return {s["side"]: s["samples"] for s in r["sides"]}


def with_mnist(export: pathlib.Path, data: Dataset, r: dict, require: bool) -> None:
    import numpy as np

    parts = {"train": "train", "t10k": "test", "validation": "validation"}
    if "all" in sizes(r):
        parts["train"] = "all"
    if missing("idx2numpy", require):
        return
    import idx2numpy

    sides, files = {}, {}
    for f in r["files"]:
        name = pathlib.PurePath(f["name"]).name
        if not re.search(r"-idx\d-", name):
            continue
        text = (export / f["name"]).read_bytes()
        plain = name.removesuffix(".gz")
        files[plain] = gzip.decompress(text) if plain != name else text
    for part, side in parts.items():
        if f"{part}-images-idx3-ubyte" not in files:
            continue
        x = idx2numpy.convert_from_string(files[f"{part}-images-idx3-ubyte"])
        kind = "ubyte" if f"{part}-labels-idx1-ubyte" in files else "int"
        y = idx2numpy.convert_from_string(files[f"{part}-labels-idx1-{kind}"])
        assert len(x) == len(y) == sizes(r).get(side, 0), (part, x.shape, y.shape)
        assert kind == "ubyte" and y.dtype == np.uint8 or data.unknown > 255
        if len(x) or side != "test":
            sides[side] = (x, y)
    data.check_sides(sides, "mnist")
    classes = json.loads((export / "__pcapmill/classes.json").read_text())
    assert classes == {"classes": data.names(), "unknown": data.unknown}
    print(f"ok: idx2numpy: mnist, {sizes(r)}")
    if missing("torch", require) or missing("torchvision", require):
        return
    import torch
    import torchvision

    with tempfile.TemporaryDirectory() as scratch:
        root = export
        if not (export / "MNIST" / "raw").is_dir():
            root = pathlib.Path(scratch)
            raw = root / "MNIST" / "raw"
            raw.mkdir(parents=True)
            for name, text in files.items():
                (raw / name).write_bytes(text)
        if data.unknown > 255:
            try:
                torchvision.datasets.MNIST(root)
            except RuntimeError as e:
                print(f"ok: torchvision {torchvision.__version__}: refuses more than 255 classes, as documented ({e})")
                return
            raise AssertionError("torchvision opens int32 labels; the documentation says it does not")
        for train, side in ((True, parts["train"]), (False, "test")):
            if side not in sides:
                continue
            mnist = torchvision.datasets.MNIST(root, train=train)
            x, y = sides[side]
            assert torch.equal(mnist.data, torch.from_numpy(x.copy()))
            assert torch.equal(mnist.targets, torch.from_numpy(y.astype("int64")))
            if len(x):
                picture, target = mnist[0]
                assert picture.size == x.shape[:0:-1] and target == int(y[0])
    opened = [s for s in sides if s != "validation"]
    print(f"ok: torchvision {torchvision.__version__}: MNIST, {', '.join(opened)}")


def with_npy(export: pathlib.Path, data: Dataset, r: dict, require: bool) -> None:
    import numpy as np

    sides = {}
    for side, n in sizes(r).items():
        x = np.load(export / side / "images.npy", mmap_mode="r")
        y = np.load(export / side / "labels.npy", mmap_mode="r")
        assert x.dtype == np.uint8 and x.shape == (n, *data.images.shape[1:]) and y.shape == (n,)
        assert isinstance(x, np.memmap) and x.offset % 64 == 0
        for array, name in ((x, "images"), (y, "labels")):
            saved = io.BytesIO()
            np.save(saved, np.asarray(array))
            assert saved.getvalue() == (export / side / f"{name}.npy").read_bytes(), "not what numpy.save writes"
        sides[side] = (x, y)
    data.check_sides(sides, "npy")
    assert np.load(export / "classes.npy").tolist() == data.names()
    print(f"ok: numpy {np.__version__}: npy, mapped, {sizes(r)}")


def mapped(path: pathlib.Path, name: str):
    """Maps an array of an NPZ archive where it stands: members are stored and aligned."""
    import numpy as np

    with zipfile.ZipFile(path) as z, open(path, "rb") as f:
        info = z.getinfo(name + ".npy")
        f.seek(info.header_offset + 26)
        f.seek(info.header_offset + 30 + sum(int.from_bytes(f.read(2), "little") for _ in range(2)))
        version = np.lib.format.read_magic(f)
        assert version == (1, 0)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(f)
        return np.memmap(path, dtype, "r", f.tell(), shape)


def with_npz(export: pathlib.Path, data: Dataset, r: dict, require: bool) -> None:
    import numpy as np

    path = export / "dataset.npz"
    ends = {"train": "_train", "validation": "_val", "test": "_test", "all": ""}
    sides = {}
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
    with np.load(path) as z:
        assert sorted(z.files) == sorted([a + ends[s] for s in sizes(r) for a in "xy"] + ["classes"])
        for side, n in sizes(r).items():
            x, y = z["x" + ends[side]], z["y" + ends[side]]
            assert x.dtype == np.uint8 and x.shape == (n, *data.images.shape[1:]) and y.shape == (n,)
            if n:
                there = mapped(path, "x" + ends[side])
                assert there.offset % 64 == 0 and (there == x).all()
            sides[side] = (x, y)
        assert z["classes"].tolist() == data.names()
    data.check_sides(sides, "npz")
    print(f"ok: numpy {np.__version__}: npz, loaded and mapped, {sizes(r)}")


def with_png(export: pathlib.Path, data: Dataset, r: dict, require: bool) -> None:
    import numpy as np

    if missing("torch", require) or missing("torchvision", require):
        return
    import torchvision

    classes = {c["folder"]: c for c in json.loads((export / "__pcapmill/classes.json").read_text())}
    for c in classes.values():
        assert c["name"] == data.classes[c["label"]]
    sides = {}
    for side, n in sizes(r).items():
        x, y = np.zeros((n, *data.images.shape[1:]), np.uint8), np.zeros(n, int)
        if not n or not classes:
            sides[side] = (x, y)
            continue
        folder = torchvision.datasets.ImageFolder(export / side, allow_empty=True)
        assert folder.classes == sorted(classes) and len(folder) == n
        by_key = sorted(folder.samples, key=lambda s: pathlib.Path(s[0]).name)
        for i, (path, target) in enumerate(by_key):
            from PIL import Image

            with Image.open(path) as picture:
                assert picture.mode == "L"
                x[i] = np.asarray(picture)
            y[i] = classes[folder.classes[target]]["label"]
            index = int(pathlib.Path(path).name.split("-")[0])
            assert (x[i] == data.images[index]).all() and y[i] == data.labels[index], path
        picture, target = folder[0]
        assert picture.size == data.images.shape[:0:-1]
        sides[side] = (x, y)
    data.check_sides(sides, "png")
    print(f"ok: torchvision {torchvision.__version__}: ImageFolder, {sizes(r)}, {len(classes)} folders")


def with_wds(export: pathlib.Path, data: Dataset, r: dict, require: bool) -> None:
    import numpy as np

    if missing("webdataset", require) or missing("torch", require):
        return
    import torch
    import webdataset

    sides = {}
    for side, n in sizes(r).items():
        shards = [str(export / f["name"]) for f in r["files"] if re.fullmatch(rf"{side}-\d{{6}}\.tar", f["name"])]
        assert shards == sorted(shards) and len(shards) >= max(1, min(8, n)), shards
        stream = webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode("l8")
        x, y, at = [], [], []
        for sample in stream:
            assert sample["png"].dtype == np.uint8
            index = int(sample["__key__"].split("-")[0])
            row = sample["json"]
            assert row["index"] == index and row["label"] == sample["cls"] == data.labels[index]
            assert row["class"] == data.classes[row["label"]] and row["split"] == side
            capture = next(c for c in data.manifest["captures"] if index < c["first_sample"] + c["samples"])
            assert row["capture"] == capture["name"]
            at.append(index)
            x.append(sample["png"])
            y.append(sample["cls"])
        assert len(x) == n, (side, len(x), n)
        if n >= 8:  # with workers, each sample once
            loader = torch.utils.data.DataLoader(stream.to_tuple("cls", "json"), batch_size=None, num_workers=4)
            assert sorted(row["index"] for _, row in loader) == at, side
        sides[side] = (np.array(x).reshape(-1, *data.images.shape[1:]), np.array(y))
    data.check_sides(sides, "wds")
    print(f"ok: webdataset {webdataset.__version__}: {sizes(r)}, {len(r['files']) - 1} shards")


def with_docs(directory: pathlib.Path, docs: pathlib.Path, formats) -> None:
    """Each example says in its first line which export it reads; others are left out."""
    count = 0
    defaults = {"gzip": "off", "layout": "flat", "shard-size": "256", "shards": "0", "unknown": "keep"}
    for name in formats:
        r = json.loads((directory / name / "__pcapmill/export.json").read_text())
        for block in re.findall(r"```python\n(.*?)```", (docs / f"{name}.md").read_text(), re.S):
            head = re.match(rf"# of (a split dataset: )?pcapmill export demo --format {name}((?: --[a-z-]+ \S+)*)\n", block)
            assert head, f"{name}.md: which export does this read?\n{block}"
            given = dict(re.findall(r"--([a-z-]+) (\S+)", head[2]))
            made = all(given.get(k, defaults[k]) == v for k, v in r["options"].items())
            if not made or bool(head[1]) != ("all" not in sizes(r)):
                continue
            exec(compile(block.replace("demo/", f"{directory}/"), f"{name}.md", "exec"), {})
            count += 1
    print(f"ok: {count} examples of {docs}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="fail if a library or an export is missing")
    parser.add_argument("--docs", type=pathlib.Path, help="run the Python examples of the pages in this folder too")
    args = parser.parse_args()
    if missing("numpy", args.require):
        return
    data = Dataset(args.directory)
    found = [name for name in FORMATS if (args.directory / name / "__pcapmill/export.json").exists()]
    if args.require and len(found) < len(FORMATS):
        sys.exit(f"exports in {args.directory}: {found}, need {list(FORMATS)}")
    for name in found:
        export = args.directory / name
        globals()["with_" + name](export, data, record(export, data), args.require)
    if args.docs and data.unknown == 255:  # the examples read labels of one byte
        with_docs(args.directory, args.docs, found)


if __name__ == "__main__":
    main()
