"""Reads a dataset's tables, Parquet files, card and Croissant metadata with the programs that
they are made for, and compares every sample, label and cell with the dataset.

    pcapmill export DIR --format parquet,parquet-bytes,table,csv
    pcapmill card DIR
    python3 clients/check_tables.py DIR [--require] [--docs docs/formats]

Prints one line per check; exits 1 at the first that fails, and says loudly which libraries or
exports are missing (exit 0 then, unless --require is given). With --docs the Python examples of
the pages about these formats are run as they stand there, with DIR in place of demo; those
of the card are run in any case. Nothing is downloaded.
"""

import argparse
import collections
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PAGES = ("parquet.md", "table.md", "card.md", "python.md")
PLAIN = "index label class split capture".split()
TABLE = (
    "index label class split capture session start duration_ns packets_forward packets_backward bytes_forward bytes_backward "
    "original_length fit protocol digest host"
).split()


def missing(module: str, require: bool) -> bool:
    if importlib.util.find_spec(module) is not None:
        return False
    print(f"SKIPPED: {module} is not installed (clients/install.sh installs it)")
    if require:
        sys.exit(1)
    return True


class Store:
    """The dataset by its own files, through the package in clients/python."""

    def __init__(self, directory: pathlib.Path):
        import numpy as np

        sys.path.insert(0, str(pathlib.Path(__file__).parent / "python" / "src"))
        import pcapmill

        self.directory = directory
        self.data = pcapmill.load(directory)
        self.manifest = self.data.manifest
        self.split = "split" in self.manifest
        self.sides = {"train": self.data.index}
        self.side_of = np.array(["all"] * len(self.data.images), object)
        if self.split:
            # A side of share 0 does not exist.
            shares = dict(zip(("train", "validation", "test"), self.manifest["split"]["split"].split("/"), strict=True))
            self.sides = {s: pcapmill.load(directory, s).index for s, share in shares.items() if share != "0"}
            self.side_of[:] = None
            for side, index in self.sides.items():
                self.side_of[index] = side

    def row(self, i: int, missing_label=None) -> dict:
        """What the table must say about sample i."""
        r, label = self.data.table[i], int(self.data.labels[i])
        known = int(r["packets"][0]) > 0
        size = self.data.images[0].size
        original = int(r["original"])
        row = {
            "index": i,
            "label": missing_label if missing_label is not None and label == self.data.unknown else label,
            "class": "unknown" if label == self.data.unknown else self.data.classes[label],
            "split": self.side_of[i],
            "capture": self.manifest["captures"][int(r["capture"])]["name"],
            "session": int(r["session"]),
            "start": int(r["start"]),
            "duration_ns": int(r["duration"]),
            "packets_forward": int(r["packets"][0]),
            "packets_backward": int(r["packets"][1]),
            "bytes_forward": int(r["bytes"][0]),
            "bytes_backward": int(r["bytes"][1]),
            "original_length": original,
            "fit": "truncated" if original > size else "padded" if original < size else "exact",
            "protocol": {6: "tcp", 17: "udp"}.get(int(r["proto"]), str(int(r["proto"]))),
            "digest": r["digest"].tobytes().hex(),
            "host": r["host"].tobytes().hex() if any(r["host"].tobytes()) else None,
        }
        return row if known else {k: v if k in TABLE[:5] else None for k, v in row.items()}


def picture(cell) -> bytes:
    """The pixels of a PNG."""
    from PIL import Image

    image = Image.open(io.BytesIO(cell))
    assert image.mode == "L", image.mode
    return image.tobytes()


def with_pyarrow(store: Store) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    types = {"int64": pa.int64(), "string": pa.string(), "time": pa.timestamp("ns", "UTC")}

    def compare(path, want, missing_label, pixels):
        t = pq.read_table(path)
        columns = TABLE if pixels is None else PLAIN
        names = ([] if pixels is None else ["image"]) + columns
        assert t.column_names == names, t.column_names
        for name in columns:
            kind = "time" if name == "start" else "string" if name in ("class", "split", "capture", "fit", "protocol", "digest", "host") else "int64"
            assert t.schema.field(name).type == types[kind] and t.schema.field(name).nullable, name
        if pixels is None:
            t = t.set_column(names.index("start"), "start", pc.cast(t["start"], pa.int64()))
        else:
            assert not any(t[name].null_count for name in names), path
        rows = t.to_pylist()
        assert [r["index"] for r in rows] == list(want), path
        for r in rows:
            if pixels is not None:
                assert pixels(r.pop("image")) == store.data.images[r["index"]].tobytes(), (path, r["index"])
            want_row = {k: v for k, v in store.row(r["index"], missing_label).items() if k in columns}
            assert r == want_row, (path, r, want_row)
        f = pq.ParquetFile(path)
        assert f.metadata.created_by.startswith("pcapmill"), f.metadata.created_by
        json.loads(f.schema_arrow.metadata[b"huggingface"])
        return len(rows)

    root = store.directory
    n = compare(root / "table" / "samples.parquet", range(len(store.data.images)), None, None)
    for folder in ("parquet", "parquet-bytes"):
        assert (root / folder / "_samples.parquet").read_bytes() == (root / "table" / "samples.parquet").read_bytes(), folder
        assert pq.read_table(root / folder).num_rows == sum(map(len, store.sides.values())), f"{folder} as a whole"
    print(f"ok: pyarrow {pa.__version__}: the table, {n} rows, every cell; folders of images as a whole")
    size = store.data.images[0].size
    for folder, pixels in (("parquet", lambda c: picture(c["bytes"])), ("parquet-bytes", lambda c: c)):
        found = collections.defaultdict(list)
        for path in sorted((root / folder / "data").iterdir()):
            found[re.fullmatch(r"([a-z]+)-\d{5}-of-\d{5}\.parquet", path.name)[1]].append(path)
        assert set(found) == set(store.sides), (set(found), set(store.sides))
        n = 0
        for side, paths in found.items():
            assert paths[-1].name == f"{side}-{len(paths) - 1:05}-of-{len(paths):05}.parquet"
            start = 0
            for path in paths:
                rows = pq.ParquetFile(path).metadata.num_rows
                n += compare(path, store.sides[side][start : start + rows].tolist(), -1, pixels)
                start += rows
            assert start == len(store.sides[side]), side
        field = pq.read_schema(paths[0]).field("image").type
        assert field == (pa.binary(size) if folder == "parquet-bytes" else pa.struct([("bytes", pa.binary()), ("path", pa.string())])), field
        print(f"ok: pyarrow: {folder}, {n} samples on {len(found)} sides, every pixel, label and cell")


def with_duckdb(store: Store) -> None:
    import duckdb

    def rows(query):
        return duckdb.sql(query).fetchall()

    root = store.directory
    want = {c["name"]: c["samples"] for c in store.manifest["classes"] if c["samples"]}
    for source in ("table/samples.parquet", "csv/samples.csv"):
        plain = "class" if source.endswith("parquet") else "regexp_replace(class, '^''', '')"
        have = dict(rows(f"SELECT {plain}, count(*) FROM '{root}/{source}' GROUP BY ALL"))
        assert have == want, (source, have)
    for folder in ("parquet", "parquet-bytes"):
        (n,) = rows(f"SELECT count(DISTINCT index) FROM '{root}/{folder}/data/*.parquet'")[0]
        assert n == sum(map(len, store.sides.values())), (folder, n)
    column, (n, bytes_) = "image", rows(f"SELECT count(*), sum(octet_length(image)) FROM '{root}/parquet-bytes/data/*.parquet'")[0]
    assert bytes_ == n * store.data.images[0].size, (column, bytes_)
    # The two tables are the same, nulls, nanoseconds and all. The types of the text are those of the other.
    schema = {name: kind for name, kind, *_ in rows(f"DESCRIBE SELECT * FROM '{root}/table/samples.parquet'")}
    assert list(schema) == TABLE and schema["start"] in ("TIMESTAMPTZ_NS", "TIMESTAMP_NS"), schema
    spec = ", ".join(f"'{k}': '{'VARCHAR' if k == 'start' else v}'" for k, v in schema.items())
    names = ", ".join(f"regexp_replace({c}, '^''', '') AS {c}" for c in ("class", "capture"))  # docs/formats/table.md, Names in CSV
    text = f"SELECT * REPLACE (CAST(start AS {schema['start']}) AS start, {names}) FROM read_csv('{root}/csv/samples.csv', header = true, columns = {{{spec}}})"
    for a, b in ((text, f"SELECT * FROM '{root}/table/samples.parquet'"), (f"SELECT * FROM '{root}/table/samples.parquet'", text)):
        assert rows(f"({a}) EXCEPT ALL ({b})") == [], rows(f"({a}) EXCEPT ALL ({b})")[:2]
    start, first = rows(f"SELECT epoch_ns(min(start)), sum(packets_forward) FROM '{root}/table/samples.parquet'")[0]
    known = store.data.table[store.data.table["packets"][:, 0] > 0]
    assert len(known) == 0 or (start, first) == (int(known["start"].min()), int(known["packets"][:, 0].sum()))
    print(f"ok: duckdb {duckdb.__version__}: classes, pixels, and csv and Parquet the same ({len(known)} rows with packets)")


def with_pandas(store: Store) -> None:
    import pandas as pd

    a = pd.read_parquet(store.directory / "table" / "samples.parquet")
    names = ["class", "split", "capture", "fit", "protocol", "digest", "host"]
    path = store.directory / "csv" / "samples.csv"
    b = pd.read_csv(path, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values={c: [""] for c in TABLE})
    for name in names:
        b[name] = b[name].str.removeprefix("'")  # docs/formats/table.md, Names in CSV
    assert a.columns.tolist() == b.columns.tolist() == TABLE and len(a) == len(b) == len(store.data.images)
    assert str(a["start"].dtype) == "datetime64[ns, UTC]", a["start"].dtype
    for name in ("index", "label", "class", "capture", "digest"):
        assert (a[name].isna() == b[name].isna()).all() and (a[name].dropna() == b[name].dropna()).all(), name
    times = pd.to_datetime(b["start"], utc=True)
    assert (times.dropna().astype("int64") == a["start"].dropna().astype("int64")).all()
    for folder in ("parquet", "parquet-bytes", "table"):
        whole = pd.read_parquet(store.directory / folder)
        assert sorted(whole["index"]) == sorted(a["index"] if folder == "table" else (int(i) for x in store.sides.values() for i in x)), folder
    print(f"ok: pandas {pd.__version__}: read_parquet, of whole folders too, and read_csv")


def with_polars(store: Store) -> None:
    import polars as pl

    table = pl.read_parquet(store.directory / "table" / "samples.parquet")
    assert table.columns == TABLE and len(table) == len(store.data.images)
    for folder in ("parquet", "parquet-bytes"):
        data = pl.read_parquet(store.directory / folder / "data")
        assert data.columns == ["image", *PLAIN] and sum(data.null_count().row(0)) == 0, folder
        joined = data.join(table, on="index", how="inner")
        assert len(joined) == len(data) == sum(map(len, store.sides.values())) and (joined["class"] == joined["class_right"]).all(), folder
    print(f"ok: polars {pl.__version__}: folders of images, and their rows in the table")


def with_datasets(store: Store, cache: str) -> None:
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_CACHE=cache, HF_HOME=cache)
    import datasets
    import numpy as np

    datasets.disable_progress_bars()

    def check(data, what):
        assert set(data) == set(store.sides), (what, data)
        for side, index in store.sides.items():
            d = data[side]
            assert len(d) == len(index), (what, side)
            features = d.features
            assert isinstance(features["image"], datasets.Image), features["image"]
            assert isinstance(features["label"], datasets.ClassLabel) and features["label"].names == store.data.classes
            assert d.column_names == ["image"] + PLAIN
            if not len(d):
                continue
            arrays = d.with_format("numpy")
            for at in range(0, len(d), max(1, len(d) // 25)):
                i = int(index[at])
                assert (arrays[at]["image"] == store.data.images[i]).all(), (what, side, at)
                label = int(store.data.labels[i])
                assert d[at]["label"] == (-1 if label == store.data.unknown else label) and d[at]["index"] == i
                if label != store.data.unknown:
                    assert features["label"].int2str(d[at]["label"]) == d[at]["class"]
            columns = d.select_columns("index")
            assert np.array_equal(np.array(columns["index"]), index), (what, side)

    root = store.directory
    check(datasets.load_dataset("parquet", data_dir=str(root / "parquet")), "by format")
    check(datasets.load_dataset(str(root)), "by the card, counts verified")
    by_format = datasets.load_dataset("parquet", data_dir=str(root / "parquet"))
    if importlib.util.find_spec("torch"):
        with_loader(store, by_format)
    rows = datasets.load_dataset(str(root), "table", split="train")
    assert len(rows) == len(store.data.images) and rows.column_names == TABLE
    assert rows.features["start"] == datasets.Value("timestamp[ns, tz=UTC]")
    # Folders as they are, and by the names of their formats: what is no data is in nobody's way.
    here = sum(map(len, store.sides.values()))
    for folder, name, n in (
        ("parquet", "parquet", here), ("parquet-bytes", "parquet", here), ("table", "parquet", len(rows)),
        ("csv", "csv", len(rows)), ("png", "imagefolder", here), ("wds", "webdataset", here),
    ):  # fmt: skip
        if (root / folder).exists():
            for data in (datasets.load_dataset(name, data_dir=str(root / folder)), datasets.load_dataset(str(root / folder))):
                assert sum(map(len, data.values())) == n, (folder, data)
    streamed = datasets.load_dataset("parquet", data_dir=str(root / "parquet"), split="train", streaming=True)
    first = next(iter(streamed))
    assert (np.asarray(first["image"]) == store.data.images[first["index"]]).all()
    plain = datasets.load_dataset("parquet", data_dir=str(root / "parquet-bytes"), split="train")
    assert plain[0]["image"] == store.data.images[plain[0]["index"]].tobytes() and isinstance(plain.features["label"], datasets.ClassLabel)
    print(f"ok: datasets {datasets.__version__}: load_dataset by format, by the card, streamed; Image and ClassLabel features")


def with_loader(store: Store, data) -> None:
    """Every side through a torch DataLoader with workers, all columns, as they come."""
    import torch

    for side, index in store.sides.items():
        seen = []
        for batch in torch.utils.data.DataLoader(data[side].with_format("torch"), batch_size=16, num_workers=2) if len(index) else ():
            images, labels = batch["image"], batch["label"]
            assert images.shape[1:] == (1, *store.data.images.shape[1:]) and images.dtype == torch.uint8 and labels.dtype == torch.int64
            at = batch["index"].numpy()
            assert (images.numpy()[:, 0] == store.data.images[at]).all()
            known = store.data.labels[at].astype("int64")
            known[known == store.data.unknown] = -1
            assert (labels.numpy() == known).all()
            seen += at.tolist()
        assert seen == index.tolist(), side
    print(f"ok: torch {torch.__version__}: DataLoader over the default configuration, {len(store.sides)} sides")


def with_card(store: Store) -> None:
    import yaml

    text = (store.directory / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    names = next(f for f in head["dataset_info"]["features"] if f["name"] == "label")["dtype"]["class_label"]["names"]
    assert [names[str(i)] for i in range(len(names))] == store.data.classes
    assert {s["name"]: s["num_examples"] for s in head["dataset_info"]["splits"]} == {k: len(v) for k, v in store.sides.items()}
    canonical = json.dumps(store.manifest["settings"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() in text, "another fingerprint of the settings"
    if importlib.util.find_spec("huggingface_hub"):
        from huggingface_hub import DatasetCard

        assert DatasetCard(text).data.to_dict()["license"] == head["license"]
    done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=store.directory, capture_output=True, text=True)
    assert done.returncode == 0, done
    listed = {line.split("  ", 1)[1] for line in (store.directory / "SHA256SUMS").read_text().splitlines()}
    there = {p.relative_to(store.directory).as_posix() for p in store.directory.rglob("*") if p.is_file()}
    assert listed == {p for p in there if not any(part.startswith(".") for part in p.split("/"))} - {"SHA256SUMS"}, listed ^ there
    print(f"ok: card: front matter, {len(listed)} files by sha256sum -c")


def with_mlcroissant(store: Store) -> None:
    logging.getLogger("absl").setLevel(logging.ERROR)
    import mlcroissant

    # The digest of each file is compared by mlcroissant when it reads a local file; here by SHA256SUMS.
    d = mlcroissant.Dataset(str(store.directory / "croissant.json"))
    issues = d.metadata.ctx.issues
    assert not issues.errors, issues.report()
    assert d.metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1", d.metadata.ctx.conforms_to
    unexpected = [w for w in issues.warnings if "is recommended, but does not exist" not in w]
    assert not unexpected, unexpected
    sums = dict(reversed(line.split("  ", 1)) for line in (store.directory / "SHA256SUMS").read_text().splitlines())
    objects = {f.id: f for f in d.metadata.file_objects}
    for name, f in objects.items():
        assert f.sha256 == sums[name] and f.content_size == f"{(store.directory / name).stat().st_size} B", name
    assert {"session_output.idx3", "label_output.idx1", "sample_table.bin"} <= set(objects)
    classes = {r["classes/label"]: r["classes/name"] for r in d.records("classes")}
    assert {int(k): as_text(v) for k, v in classes.items()} == dict(enumerate(store.data.classes)), classes
    if store.split:
        splits = {as_text(r["splits/name"]): int(r["splits/samples"]) for r in d.records("splits")}
        assert splits == {k: len(v) for k, v in store.sides.items()}, splits
    seen = []
    for r in d.records("samples"):
        i = int(r["samples/index"])
        seen.append(i)
        assert r["samples/image"].tobytes() == store.data.images[i].tobytes(), i
        want = store.row(i, -1)
        assert int(r["samples/label"]) == want["label"] and as_text(r["samples/class"]) == want["class"], (r, want)
    assert sorted(seen) == sorted(int(i) for index in store.sides.values() for i in index)
    rows = {int(r["table/index"]): r for r in d.records("table")}
    assert sorted(rows) == list(range(len(store.data.images)))
    for i in seen[:: max(1, len(seen) // 25)]:
        assert int(rows[i]["table/original_length"]) == store.row(i)["original_length"], i
    for side in store.sides if store.split else ():
        part = [int(r["samples/index"]) for r in d.records("samples", filters={"samples/split": side})]
        assert part == store.sides[side].tolist(), side
    print(f"ok: mlcroissant {importlib.metadata.version('mlcroissant')}: valid Croissant 1.1, {len(objects)} files, {len(seen)} records with images, by side too;"
          f" {len(issues.warnings)} recommended properties are not given")


def as_text(v):
    return v.decode() if isinstance(v, bytes) else v


def run_examples(blocks, where: pathlib.Path, what: str, change=lambda b: b) -> None:
    """Runs Python examples in a directory, each by itself."""
    assert blocks, f"no Python examples in {what}"
    before, sys.path[:0] = os.getcwd(), [str((pathlib.Path(__file__).parent / "python" / "src").resolve())]
    os.chdir(where)
    try:
        for block in blocks:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(change(block), what, "exec"), {"__name__": "__main__"})
    finally:
        os.chdir(before)
    print(f"ok: {len(blocks)} examples of {what}")


def examples(store: Store, docs, require: bool) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (store.directory / "README.md").read_text(), re.S)
    if importlib.util.find_spec("torch") is None:
        missing("torch", require)
        blocks = [b for b in blocks if "torch" not in b]
    run_examples(blocks, store.directory, "README.md of the dataset")
    for name in PAGES if docs else ():
        blocks = re.findall(r"```python\n(.*?)```", (docs / name).read_text(), re.S)
        if importlib.util.find_spec("torch") is None:
            blocks = [b for b in blocks if "torch" not in b]
        if not store.split:
            blocks = [b for b in blocks if not b.startswith("# of a split dataset")]
        blocks = [b for b in blocks if not b.startswith("# makes a dataset")]  # clients/python/test_package.py runs them
        run_examples(blocks, store.directory.parent, name, lambda b: re.sub(r"\bdemo\b", store.directory.name, b))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--require", action="store_true", help="fail if a library or an export is missing")
    parser.add_argument("--docs", type=pathlib.Path, help="run the Python examples of the pages there too")
    args = parser.parse_args()
    if missing("numpy", args.require):
        return
    for name in ("parquet/data", "parquet-bytes/data", "table/samples.parquet", "csv/samples.csv", "README.md", "croissant.json", "SHA256SUMS"):
        if not (args.directory / name).exists():
            print(f"SKIPPED: {args.directory / name} is not there: see the head of {__file__}")
            sys.exit(1 if args.require else 0)
    store = Store(args.directory.resolve())
    with tempfile.TemporaryDirectory() as cache:
        absent = False
        for module, check in (
            ("pyarrow", with_pyarrow),
            ("duckdb", with_duckdb),
            ("pandas", with_pandas),
            ("polars", with_polars),
            ("datasets", lambda s: with_datasets(s, cache)),
            ("yaml", with_card),
            ("mlcroissant", with_mlcroissant),
        ):
            if missing(module, args.require):
                absent = True
            else:
                check(store)
        if not absent:
            examples(store, args.docs.resolve() if args.docs else None, args.require)


if __name__ == "__main__":
    main()
