"""Tests the loader of the package against real numpy, and torch, torchvision and pandas where they are installed.

    python3 clients/python/test_pcapmill.py DIR [--require]

DIR is a dataset of pcapmill, best one that is split. Prints one line per check; exits 1 at the first
that fails, and says loudly which libraries are missing (exit 0 then, unless --require is given).
"""

import argparse
import hashlib
import importlib.util
import json
import os
import pathlib
import pickle
import random
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("SKIPPED: numpy is not installed: NOTHING WAS TESTED (clients/install.sh installs it)")
    sys.exit("--require" in sys.argv)

sys.path.insert(0, str(pathlib.Path(__file__).parent / "src"))
import pcapmill  # noqa: E402


def missing(module: str, require: bool) -> bool:
    if importlib.util.find_spec(module) is not None:
        return False
    print(f"SKIPPED: {module} is not installed (clients/install.sh installs it)")
    if require:
        sys.exit(1)
    return True


def with_numpy(directory: pathlib.Path) -> None:
    data = pcapmill.load(directory)
    images, labels, classes, table = data
    m = json.loads((directory / "manifest.json").read_text())
    raw = (directory / "session_output.idx3").read_bytes()
    assert images.dtype == np.uint8 and images.shape == (m["samples"], m["rows"], m["columns"])
    assert images.tobytes() == raw[16 : 16 + images.size] and not images.flags.writeable
    assert isinstance(images, np.memmap), "samples are read at once"
    for c in m["classes"]:
        assert int((labels == c["label"]).sum()) == c["samples"]
        assert c["label"] == data.unknown or classes[c["label"]] == c["name"]
    assert data.manifest == m and (data.index == np.arange(len(images))).all()
    assert list(data.tasks) == [t["name"] for t in m.get("tasks", [])]
    for i, task in enumerate(data.tasks.values()):
        names = np.array([*task.classes, "unknown"])[task.labels]  # -1 is the last
        for capture in m["captures"]:
            assert (names[capture["first_sample"] :][: capture["samples"]] == capture["tasks"][i]).all()
        assert i > 0 or (names == np.array([*classes, *["unknown"] * (data.unknown + 1 - len(classes))])[labels]).all()
    for number, capture in enumerate(m["captures"]):
        part = table[capture["first_sample"] : capture["first_sample"] + capture["samples"]]
        assert (part["capture"] == number).all() and (np.diff(part["session"].astype(np.int64)) > 0).all()
    if m["settings"]["dedup"] != "session":
        for i in range(0, len(images), max(1, len(images) // 50)):
            b = images[i].tobytes()  # the digest is of the sample without the zeros at its end, or with them in older datasets
            assert table["digest"][i].tobytes() in {hashlib.sha256(x).digest()[:16] for x in (b, b.rstrip(b"\0"))}, i
    assert table["start"].view("datetime64[ns]").dtype == "datetime64[ns]"
    print(f"ok: numpy {np.__version__}: {images.shape}, {len(classes)} classes, a table of {len(table)} rows")


def with_splits(directory: pathlib.Path) -> None:
    whole = pcapmill.load(directory)
    if "split" not in whole.manifest:
        try:
            pcapmill.load(directory, "train")
        except pcapmill.Error as e:
            assert "pcapmill split" in str(e), e
            print("ok: a dataset that is not split has no sides, and says so")
            return
        raise AssertionError("a side of a dataset that is not split")
    if whole.manifest["split"].get("folds"):
        with_folds(directory, whole)
        return
    seen = []
    for name in ("train", "validation", "test"):
        side = pcapmill.load(directory, name)
        assert len(side.images) == whole.manifest["split"]["sides"][name]
        assert (side.images == whole.images[side.index]).all() and (side.labels == whole.labels[side.index]).all()
        assert (side.table == whole.table[side.index]).all()
        seen += side.index.tolist()
    assert len(seen) == len(set(seen)), "a sample on two sides"
    left = sum(whole.manifest["split"].get("left_out", {}).values())
    assert len(seen) + left == len(whole.images)
    print(f"ok: sides of {len(seen)} samples, {left} on none, no sample on two")


def with_folds(directory: pathlib.Path, whole) -> None:
    """Every fold is tested once and trained on otherwise, with what splits.json assigns; there are no sides."""
    assigned = np.frombuffer(json.loads((directory / "splits.json").read_text())["assignment"].encode(), "u1")
    tested = np.zeros(len(whole.images), int)
    for k, (train, test) in enumerate(pcapmill.folds(directory)):
        assert len(test) == whole.manifest["split"]["sides"]["folds"][k]
        assert (assigned[test] == ord("0123456789abcdefghijklmnopqrstuvwxyz"[k])).all()
        assert not set(train) & set(test) and len(train) + len(test) == (assigned != ord("-")).sum()
        tested[test] += 1
    assert (tested == (assigned != ord("-"))).all()
    try:
        pcapmill.load(directory, "train")
    except pcapmill.Error as e:
        assert "pcapmill.folds" in str(e), e
    else:
        raise AssertionError("a side of a dataset with folds")
    print(f"ok: {k + 1} folds of {tested.sum()} samples, each tested once")


def with_errors(directory: pathlib.Path) -> None:
    """Every way in which a dataset can be broken is an Error with the name of the file."""
    split = "split" in pcapmill.manifest(directory)

    def damage(name, change, expected, side=None):
        with tempfile.TemporaryDirectory() as root:
            copy = pathlib.Path(root) / "d"
            copy.mkdir()
            for file in directory.iterdir():
                if file.is_file():
                    shutil.copy(file, copy)
            change(copy / name)
            try:
                pcapmill.load(copy, side)
            except pcapmill.Error as e:
                assert expected in str(e) and (str(copy) in str(e) or expected.startswith("no side")), e
                return
            raise AssertionError(f"{name}: {expected}: no error")

    def cut(p):
        p.write_bytes(p.read_bytes()[:-1])

    def patch(offset, byte):
        def f(p):
            b = bytearray(p.read_bytes())
            b[offset] = byte
            p.write_bytes(b)

        return f

    def edit(key, value):
        return lambda p: p.write_text(json.dumps({**json.loads(p.read_text()), key: value}))

    damage("manifest.json", lambda p: p.unlink(), "holds no dataset")
    damage("manifest.json", cut_half, "is damaged")
    damage("manifest.json", edit("format", "x"), "is no manifest of pcapmill")
    damage("manifest.json", edit("version", 2), "use a newer pcapmill")
    damage("session_output.idx3", lambda p: p.unlink(), "session_output.idx3 is missing")
    damage("session_output.idx3", cut, "run the same 'pcapmill convert' again")
    damage("session_output.idx3", lambda p: p.write_bytes(b"short"), "fewer than its header")
    damage("session_output.idx3", patch(3, 1), "magic number 0x801")
    damage("session_output.idx3", patch(15, 27), "need 0x803")
    damage("label_output.idx1", cut, "run the same 'pcapmill convert' again")
    damage("label_output.idx1", patch(8, 254), "pcapmill verify")
    damage("sample_table.bin", cut, "restore the file")
    damage("sample_table.bin", lambda p: p.unlink(), "sample_table.bin is missing")
    damage("manifest.json", lambda p: None, "no side 'valid'", "valid")
    if split:
        damage("splits.json", lambda p: p.unlink(), "splits.json is missing", "train")
        damage("splits.json", lambda p: p.write_text(p.read_text() + " "), "pcapmill split", "train")
    with tempfile.TemporaryDirectory() as root:  # what a killed run left behind does no harm
        copy = pathlib.Path(root)
        for file in directory.iterdir():
            if file.is_file():
                shutil.copy(file, copy)
        for name in ("session_output.idx3", "label_output.idx1", "sample_table.bin"):
            with open(copy / name, "ab") as f:
                f.write(b"left behind")
        assert (pcapmill.load(copy).images == pcapmill.load(directory).images).all()
    print("ok: whatever is broken is named")


def small(directory: pathlib.Path, root: str) -> pathlib.Path:
    """A copy of the files of a dataset, without its folders."""
    copy = pathlib.Path(root) / "d"
    copy.mkdir()
    for file in directory.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    return copy


def mutate(value, r: random.Random):
    """JSON with one value somewhere in it changed, removed or repeated."""
    odd = [None, True, -1, 0, 2**31, 2**32, 2**63, 10**400, 1.5, float("nan"), "", "x", "../x", "/etc/passwd", [], {}, [[]], {"a": {}}]
    if isinstance(value, dict) and value and r.random() < 0.9:
        key = r.choice(list(value))
        changed = dict(value)
        if r.random() < 0.15:
            del changed[key]
        else:
            changed[key] = mutate(value[key], r)
        return changed
    if isinstance(value, list) and value and r.random() < 0.9:
        i = r.randrange(len(value))
        return r.choice([value[:i] + value[i + 1 :], value[: i + 1] + value[i:], value[:i] + [mutate(value[i], r)] + value[i + 1 :]])
    return r.choice(odd)


def with_mutations(directory: pathlib.Path, rounds: int) -> None:
    """Whatever is changed in a dataset, it is loaded or there is an Error, and no other exception."""
    r = random.Random(1)
    names = ["manifest.json", "session_output.idx3", "label_output.idx1", "sample_table.bin"]
    sides = [None]
    if "split" in pcapmill.manifest(directory):
        names.append("splits.json")
        sides.append("train")
    loaded = refused = 0
    with tempfile.TemporaryDirectory() as root:
        copy = small(directory, root)
        for n in range(rounds):
            name = r.choice(names)
            good = (copy / name).read_bytes()
            b = bytearray(good)
            if name.endswith(".json") and r.random() < 0.7:
                b = bytearray(json.dumps(mutate(json.loads(good), r)).encode())
                if name == "splits.json":  # the manifest vouches for it
                    m = json.loads((copy / "manifest.json").read_bytes())
                    m["split"]["sha256"] = hashlib.sha256(b).hexdigest()
                    kept = (copy / "manifest.json").read_bytes()
                    (copy / "manifest.json").write_text(json.dumps(m))
            else:
                for _ in range(r.randint(1, 4)):
                    i = r.randrange(max(1, len(b)) if r.random() < 0.5 else min(32, max(1, len(b))))
                    what = r.randrange(4)
                    if what == 0:
                        b[i : i + 1] = bytes([r.randrange(256)])
                    elif what == 1:
                        del b[i:]
                    elif what == 2:
                        b[i:i] = bytes(r.randrange(256) for _ in range(r.randint(1, 9)))
                    else:
                        b[i : i + 4] = b"\xff" * 4
            (copy / name).write_bytes(b)
            for side in sides:
                try:
                    data = pcapmill.load(copy, side)
                    len(data.images), data.labels.max(initial=0), data.table is not None and data.table["start"].max(initial=0)
                    pcapmill.groups(copy, side), pcapmill.groups(copy, side, "digest")
                    loaded += 1
                except pcapmill.Error as e:
                    assert str(copy) in str(e), e
                    refused += 1
                except Exception as e:
                    raise AssertionError(f"round {n}: {name}: {type(e).__name__}: {e}") from e
            (copy / name).write_bytes(good)
            if name == "splits.json" and (copy / "manifest.json").read_bytes() != (directory / "manifest.json").read_bytes():
                (copy / "manifest.json").write_bytes(kept)
    assert refused > rounds // 4, (loaded, refused)
    print(f"ok: {rounds} changes: {loaded} loads, {refused} refusals, nothing else")


def with_special_files(directory: pathlib.Path) -> None:
    """Links, FIFOs, devices and directories in the place of files are refused, at once, and nothing is read through them."""
    if not hasattr(os, "mkfifo"):
        print("SKIPPED: special files need Unix")
        return
    names = ["manifest.json", "session_output.idx3", "label_output.idx1", "sample_table.bin"]
    if "split" in pcapmill.manifest(directory):
        names.append("splits.json")
    tried = 0
    for name in names:
        for kind in ("link", "dangling", "zero", "fifo", "directory", "sparse"):
            with tempfile.TemporaryDirectory() as root:
                copy = small(directory, root)
                path, outside = copy / name, pathlib.Path(root) / "outside"
                path.rename(outside)
                if kind == "link":
                    path.symlink_to(outside)
                elif kind == "dangling":
                    path.symlink_to(pathlib.Path(root) / "none")
                elif kind == "zero":
                    path.symlink_to("/dev/zero")
                elif kind == "fifo":
                    os.mkfifo(path)
                elif kind == "directory":
                    path.mkdir()
                else:
                    path.touch()
                    os.truncate(path, 1 << 40)
                try:
                    pcapmill.load(copy, "train" if name == "splits.json" else None)
                except pcapmill.Error as e:
                    assert name in str(e), e
                    tried += 1
                    continue
                assert kind == "sparse" and name == "sample_table.bin", (kind, name)  # a table of zeros, of which few are looked at
    print(f"ok: {tried} special files are refused")


def cut_half(p: pathlib.Path) -> None:
    b = p.read_bytes()
    p.write_bytes(b[: len(b) // 2])


def with_wide_labels() -> None:
    """More than 255 classes: labels are int32. Made by hand, from the page about the format."""
    with tempfile.TemporaryDirectory() as root:
        d = pathlib.Path(root)
        labels = np.array([0, 299, 65535], ">i4")
        (d / "session_output.idx3").write_bytes(np.array([0x803, 3, 2, 2], ">u4").tobytes() + bytes(range(12)))
        (d / "label_output.idx1").write_bytes(np.array([0xC01, 3], ">u4").tobytes() + labels.tobytes())
        classes = [{"label": i, "name": f"c{i}", "samples": int(i in (0, 299))} for i in range(300)]
        classes.append({"label": 65535, "name": "unknown", "samples": 1})
        m = {"format": "pcapmill dataset", "version": 1, "samples": 3, "rows": 2, "columns": 2, "label_type": "int32"}
        (d / "manifest.json").write_text(json.dumps({**m, "classes": classes, "files": [], "captures": []}))
        data = pcapmill.load(d)
        assert data.labels.dtype == np.int32 and data.labels.tolist() == [0, 299, 65535] and data.unknown == 65535
        assert data.classes[299] == "c299" and len(data.classes) == 300 and data.table is None
        assert data.images[2].tolist() == [[8, 9], [10, 11]]
        (d / "session_output.idx3").write_bytes(np.array([0x803, 0, 2, 2], ">u4").tobytes())
        (d / "label_output.idx1").write_bytes(np.array([0x801, 0], ">u4").tobytes())
        (d / "manifest.json").write_text(json.dumps({**m, "samples": 0, "label_type": "uint8", "classes": [], "files": []}))
        data = pcapmill.load(d)
        assert data.images.shape == (0, 2, 2) and len(data.labels) == 0 and data.classes == []
    print("ok: int32 labels, and a dataset without samples")


def with_torch(directory: pathlib.Path) -> None:
    import torch

    data = pcapmill.load(directory)
    known = np.flatnonzero(data.labels != data.unknown)
    for spawn in (None, "fork", "spawn"):
        d = pcapmill.as_torch(directory)
        workers = {} if spawn is None else {"num_workers": 2, "multiprocessing_context": spawn}
        batches = list(torch.utils.data.DataLoader(d, batch_size=64, **workers))
        x, y = torch.cat([b[0] for b in batches]), torch.cat([b[1] for b in batches])
        assert x.dtype == torch.float32 and tuple(x.shape) == (len(known), 1, *data.images.shape[1:])
        assert ((x[:, 0] * 255).round().to(torch.uint8).numpy() == data.images[known]).all()
        assert y.dtype == torch.int64 and (y.numpy() == data.labels[known]).all() and (d.targets == y).all()
    assert len(pickle.dumps(d)) < 10000 + 16 * len(d), "the images are pickled"
    halves = torch.utils.data.random_split(d, [0.5, 0.5], torch.Generator().manual_seed(1))
    assert len(halves[0]) + len(halves[1]) == len(d) and d.classes == data.classes
    if "split" in data.manifest:
        sides = [pcapmill.as_torch(directory, s) for s in ("train", "validation", "test")]
        assert sum(len(s) for s in sides) <= len(d)
        i = len(sides[0]) - 1
        assert ((sides[0][i][0][0] * 255).round().numpy() == data.images[sides[0].index[i]]).all()
    print(f"ok: torch {torch.__version__}: DataLoader in this process, forked and spawned")


def with_torchvision(directory: pathlib.Path) -> None:
    import torchvision
    from torchvision.transforms import v2

    d = pcapmill.as_torch(directory, transform=v2.Compose([v2.Resize(14), v2.Normalize([0.5], [0.5])]), target_transform=lambda y: y * 2)
    x, y = d[3]
    assert tuple(x.shape) == (1, 14, 14) and y == 2 * int(d.targets[3])
    print(f"ok: torchvision {torchvision.__version__}: transforms")


def with_pandas(directory: pathlib.Path) -> None:
    import pandas as pd

    data = pcapmill.load(directory)
    columns = {name: data.table[name] for name in ("session", "start", "duration", "original", "capture", "proto")}
    columns["class"] = [data.classes[i] if i != data.unknown else "unknown" for i in data.labels]
    df = pd.DataFrame(columns)
    df["start"] = pd.to_datetime(df["start"], utc=True)
    counts = df.groupby("class").size()
    for c in data.manifest["classes"]:
        assert counts.get(c["name"], 0) == c["samples"]
    assert int(df["original"].sum()) > 0
    print(f"ok: pandas {pd.__version__}: the table as a frame")


def with_pip(directory: pathlib.Path) -> None:
    """Installs from a copy of the sources, so that nothing is built here, into a folder of its own, without the network."""
    here = pathlib.Path(__file__).resolve().parent
    version = here.parents[1] / "internal" / "version" / "version.go"
    with tempfile.TemporaryDirectory() as root:
        copy, target = pathlib.Path(root) / "clients" / "python", pathlib.Path(root) / "installed"
        shutil.copytree(here, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
        (pathlib.Path(root) / "internal" / "version").mkdir(parents=True)
        shutil.copy(version, pathlib.Path(root) / "internal" / "version")
        flags = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-build-isolation", "--no-deps", "--target", str(target)]
        subprocess.run([sys.executable, "-m", "pip", "install", *flags, str(copy)], check=True)
        code = f"import pcapmill; print(pcapmill.__file__, pcapmill.__version__, len(pcapmill.load({str(directory)!r}).images))"
        run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root, env={**os.environ, "PYTHONPATH": str(target)})
        file, number, samples = run.stdout.split()
        assert file == str(target / "pcapmill" / "__init__.py") and int(samples) == len(pcapmill.load(directory).images), run.stdout
        assert f'const Number = "{number}"' in version.read_text(), number
        assert (target / "pcapmill" / "py.typed").exists()
    print("ok: pip installs it from a clone")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="fail if a library is missing")
    parser.add_argument("--mutations", type=int, default=400, help="how many changed datasets are loaded")
    args = parser.parse_args()
    with_numpy(args.directory)
    with_splits(args.directory)
    if pcapmill.manifest(args.directory).get("split", {}).get("folds"):
        if not missing("pandas", args.require):
            frame = pcapmill.to_pandas(args.directory)
            assert list(frame.columns).index("fold") == 5 and set(frame["split"]) == {"all"}, frame.columns
            for k, (_, test) in enumerate(pcapmill.folds(args.directory)):
                assert (frame["fold"][test] == k).all()
            print("ok: pandas has the folds")
        return  # for the rest any other dataset will do
    with_errors(args.directory)
    with_mutations(args.directory, args.mutations)
    with_special_files(args.directory)
    with_wide_labels()
    if not missing("setuptools", args.require):
        with_pip(args.directory.resolve())
    if not missing("pandas", args.require):
        with_pandas(args.directory)
    if not missing("torch", args.require):
        with_torch(args.directory)
        if not missing("torchvision", args.require):
            with_torchvision(args.directory)


if __name__ == "__main__":
    main()
