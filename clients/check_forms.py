"""Makes a dataset of every form, exports it in every format that holds it, and reads it with the
programs that the formats are made for: numpy, webdataset, PyArrow, datasets of Hugging Face, pandas.
Every sample and label is compared with the dataset's own files. Then the same of four variants.

    python3 clients/check_forms.py PCAPMILL CAPTURES [--require]

Prints one line per form; exits 1 at the first that differs, and says which libraries are missing
(exit 0 then, unless --require is given). Nothing is downloaded.
"""

import argparse
import glob
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

FORMS = {
    "bytes": "u1", "ustc-all": "u1", "matrix": "u1", "packet-bytes": "u1", "series": ">f4", "flowpic:size=64": ">i2", "mini-flowpic": "u1",
    "nprint:packets=2": "i1", "segments": ">i2", "bigrams": "", "hexwords": "", "tokens": "",
}
PCAPMILL: list = []  # the command, from the command line
NEED = "numpy pandas pyarrow datasets webdataset".split()


def arrays(dataset: pathlib.Path, dtype: str):
    """The samples as the IDX file has them, by its own header."""
    import numpy as np

    raw = (dataset / "session_output.idx3").read_bytes()
    count, rows, columns = (int.from_bytes(raw[at : at + 4], "big") for at in (4, 8, 12))
    assert raw[2] == {"u1": 8, "i1": 9, ">i2": 11, ">f4": 13}[dtype] and raw[3] == 3, raw[:4]
    return np.frombuffer(raw, dtype, offset=16).reshape(count, rows, columns)


def lines(dataset: pathlib.Path):
    """The samples as the text and its index have them."""
    import numpy as np

    raw = (dataset / "session_output.txt").read_bytes()
    ends = np.fromfile(dataset / "session_index.bin", "<u8")
    starts = [0, *ends[:-1].tolist()]
    assert ends[-1] == len(raw)
    return [raw[a : b - 1].decode() for a, b in zip(starts, ends.tolist())]


def labels(dataset: pathlib.Path):
    return list((dataset / "label_output.idx1").read_bytes()[8:])


def parquet(dataset: pathlib.Path, shape=None, dtype=""):
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        table = datasets.load_dataset("parquet", data_dir=str(dataset / "parquet"), split="train", cache_dir=cache)
        if dtype:
            table = table.cast_column("array", datasets.Array2D(shape, dtype))
        return table.features, [row for row in table]


def check_arrays(dataset: pathlib.Path, dtype: str) -> None:
    import numpy as np
    import webdataset

    want, label = arrays(dataset, dtype), labels(dataset)
    have = np.load(dataset / "npy/all/images.npy", mmap_mode="r")
    assert have.dtype == np.dtype(dtype).newbyteorder("<") and np.array_equal(have, want)
    with np.load(dataset / "npz/dataset.npz") as z:
        assert np.array_equal(z["x"], want) and z["y"].tolist() == label
    shards = sorted(glob.glob(str(dataset / "wds/all-*.tar")))
    decoded = webdataset.WebDataset(shards, shardshuffle=False).decode("l8")
    rows = [(x, int(y)) for x, y in decoded.to_tuple("png" if dtype == "u1" else "npy", "cls")]
    assert len(rows) == len(want) and all(np.array_equal(x, w) and y == l for (x, y), w, l in zip(rows, want, label))
    name = {"u1": "", "i1": "int8", ">i2": "int16", ">f4": "float32"}[dtype]
    features, rows = parquet(dataset, want.shape[1:], name)
    for row, w, l in zip(rows, want, label, strict=True):
        assert np.array_equal(np.asarray(row["array" if name else "image"]), w) and row["label"] in (l, -1), row["index"]


def check_bits(dataset: pathlib.Path) -> None:
    import numpy as np
    import pandas as pd

    want = arrays(dataset, "i1")
    table = pd.read_csv(dataset / "nprint-csv/train.csv")
    bits = table.drop(columns=["sample", "label"])
    assert np.array_equal(bits.to_numpy().reshape(want.shape), want)
    assert table["sample"].tolist() == [i for i in range(len(want)) for _ in range(want.shape[1])]
    assert bits.columns[0] == "ipv4_ver_0" and list(bits.columns[64:66]) == ["ipv4_ttl_0", "ipv4_ttl_1"]


def check_text(dataset: pathlib.Path, form: str) -> None:
    import csv

    import pandas as pd

    want, label = lines(dataset), labels(dataset)
    # As ET-BERT's loader: split at line ends, the first line names the columns, cut at tabs.
    rows = (dataset / "tsv/train_dataset.tsv").read_bytes().decode().split("\r\n")
    assert rows[0].split("\t") == ["label", "text_a"] and rows[-1] == ""
    assert [row.split("\t") for row in rows[1:-1]] == [[str(l), w] for l, w in zip(label, want, strict=True)]
    table = pd.read_csv(dataset / "tsv/train_dataset.tsv", sep="\t", quoting=csv.QUOTE_NONE)
    assert table["label"].tolist() == label and table["text_a"].tolist() == want
    features, rows = parquet(dataset)
    assert [row["text"] for row in rows] == want
    if form == "tokens":
        check_arrow(dataset)
    table = pd.read_json(dataset / "jsonl/train.jsonl", lines=True)
    if form != "tokens":
        assert table["text"].tolist() == want
        return
    for row, w in zip(table.itertuples(), want, strict=True):
        line = json.loads(w)
        assert row.burst_tokens == line["burst_tokens"] and row.protocol == line["protocol"] and row.iats == line["iats"]
        assert sorted(line) == list(line) and len(line["counts"]) == len(line["burst_tokens"])


def check_arrow(dataset: pathlib.Path) -> None:
    """The Arrow streams, as netFound's loader reads them."""
    import collections

    import datasets
    import pyarrow as pa

    manifest = json.loads((dataset / "manifest.json").read_text())
    names = {c["label"]: c["name"] for c in manifest["classes"]}
    want = collections.Counter((line, names.get(label, "unknown")) for line, label in zip(lines(dataset), labels(dataset), strict=True))
    subprocess.run([*PCAPMILL, "split", dataset, "--split", "60/20/20", "--split-by", "session", "--split-salt", "another"], check=True, capture_output=True)
    subprocess.run([*PCAPMILL, "export", dataset, "--format", "arrow"], check=True, capture_output=True)
    have, order = collections.Counter(), []
    for side in ("train", "validation", "test"):
        path = dataset / "arrow" / side / "data.arrow"
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_stream(source).read_all()
        table.validate(full=True)
        assert [str(f.type) for f in table.schema] == [
            "uint64", "list<item: list<item: uint16>>", "list<item: bool>", "list<item: uint32>", "list<item: uint64>", "list<item: uint32>", "uint16", "string",
        ], table.schema
        mapped = datasets.Dataset.from_file(str(path))
        with tempfile.TemporaryDirectory() as cache:
            loaded = datasets.load_dataset("arrow", data_dir=str(path.parent), cache_dir=cache)
            loaded = loaded[list(loaded.keys())[0]].add_column("total_bursts", [0] * table.num_rows)  # as netFound does
            rows = [{k: v for k, v in row.items() if k != "total_bursts"} for row in loaded]
        assert rows == table.to_pylist() == list(mapped)
        for row in rows:
            label = row.pop("labels")
            order.append(json.dumps(row, sort_keys=True, separators=(",", ":")))
            have[order[-1], label] += 1
    assert have == want, (have - want, want - have)
    assert order != lines(dataset), "rows are not shuffled"


VARIANTS = """
- {name: plain}
- {name: strict, profile: strict}
- {name: times, form: "series:packets=8"}
- {name: twin, form: "matrix", mac: zero, profile: none, forge: all}
"""


def check_variants(scratch: pathlib.Path, captures: pathlib.Path) -> str:
    """Every variant as numpy loads its export: on each side of the split the same units in the same
    order, each with the samples of its own IDX file."""
    import numpy as np
    import pandas as pd

    dataset, listed = scratch / "variants", scratch / "variants.yaml"
    listed.write_text(VARIANTS)
    options = ["--split", "60/20/20", "--split-by", "session", "--quiet"]
    subprocess.run([*PCAPMILL, "convert", captures, "-o", dataset, "--variants", listed, *options], check=True, capture_output=True)
    subprocess.run([*PCAPMILL, "export", dataset, "--format", "csv"], check=True, capture_output=True)
    side_of = pd.read_csv(dataset / "csv/samples.csv")["split"].to_numpy()
    label = np.array(labels(dataset))
    for name, dtype in {"plain": "u1", "strict": "u1", "times": ">f4", "twin": "u1"}.items():
        place = dataset if name == "plain" else dataset / "variants" / name
        subprocess.run([*PCAPMILL, "export", dataset, "--variant", name, "--format", "npy"], check=True, capture_output=True)
        want = arrays(place, dtype)
        assert labels(place) == label.tolist() and len(want) == len(label) == len(side_of), name
        for side in ("train", "validation", "test"):
            have = np.load(place / "npy" / side / "images.npy", mmap_mode="r")
            assert len(have) > 0 and have.dtype == np.dtype(dtype).newbyteorder("<"), (name, side)
            assert np.array_equal(have, want[side_of == side]), (name, side)
            assert np.array_equal(np.load(place / "npy" / side / "labels.npy"), label[side_of == side]), (name, side)
    plain, strict = arrays(dataset, "u1"), arrays(dataset / "variants/strict", "u1")
    differ = (plain != strict).reshape(len(plain), -1).any(axis=1)
    assert differ.all(), "rows without anything that strict masks"
    return f"ok: 4 variants of {len(label)} samples in npy"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pcapmill", type=pathlib.Path)
    parser.add_argument("captures", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="a missing library is a failure")
    args = parser.parse_args()
    PCAPMILL.append(args.pcapmill.resolve())
    missing = [m for m in NEED if importlib.util.find_spec(m) is None]
    if missing:
        print(f"SKIPPED: not installed: {', '.join(missing)} (clients/install.sh installs them)")
        sys.exit(args.require)
    for form, dtype in FORMS.items():
        formats = "npy,npz,wds,parquet" if dtype else "tsv,jsonl,parquet"
        if form.startswith("nprint"):
            formats += ",nprint-csv"
        with tempfile.TemporaryDirectory() as scratch:
            dataset = pathlib.Path(scratch) / "dataset"
            command = [args.pcapmill.resolve(), "convert", args.captures, "-o", dataset, "--form", form, "--format", formats, "--mac", "zero", "--quiet"]
            subprocess.run(command, check=True, capture_output=True)
            if dtype:
                check_arrays(dataset, dtype)
            else:
                check_text(dataset, form)
            if form.startswith("nprint"):
                check_bits(dataset)
            print(f"ok: {form}: {len(labels(dataset))} samples in {formats}")
    with tempfile.TemporaryDirectory() as scratch:
        print(check_variants(pathlib.Path(scratch), args.captures))


if __name__ == "__main__":
    main()
