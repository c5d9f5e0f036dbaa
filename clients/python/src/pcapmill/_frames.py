"""What other libraries take: a frame of pandas, datasets of Hugging Face, groups for scikit-learn."""

import os
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Literal, Optional, Tuple, Union, overload

import numpy as np

from ._load import _SIDES, ROW, Array, Data, Error, _door, _folds, _number, _side, load, manifest

if TYPE_CHECKING:
    import datasets
    import pandas as pd

_Path = Union[str, "os.PathLike[str]"]
_NO_TIME = -(2**63)  # of a start or a duration: --table-times none


def groups(directory: _Path, split: Optional[str] = None, by: Literal["capture", "host", "digest"] = "capture") -> Array:
    """Which samples belong together: an int64 a sample, in the order of load(directory, split).

    It is the groups of scikit-learn's GroupKFold and its like: samples of one group stay on one side.

    by  "capture"   the capture they come from
        "host"      the host that sent the first packet; needs a dataset made with --key-file
        "digest"    samples whose bytes are equal (as --dedup compares them)
    """
    data = load(directory, split)
    if by == "capture":
        return _captures(directory, data)[1]
    if by not in ("host", "digest"):
        raise ValueError(f"by {by!r}: need 'capture', 'host' or 'digest'")
    if data.table is None:
        raise Error(f"{os.fspath(directory)} has no sample_table.bin, which knows of {by}: convert again with a newer pcapmill")
    keys = np.ascontiguousarray(data.table[by])
    width = keys.dtype.itemsize
    words = keys.view("<u8").reshape(-1, width // 8)
    if by == "host" and len(words) and not words.any():
        raise Error(f"{os.fspath(directory)} knows no hosts: make it with --key-file ('pcapmill keygen project.key' makes a key)")
    _, inverse = np.unique(words, axis=0, return_inverse=True)
    numbers: Array = inverse.reshape(-1).astype(np.int64)
    return numbers


def folds(directory: _Path) -> Iterator[Tuple[Array, Array]]:
    """The folds of a dataset that was split with --folds: for each one the places of all other samples, to train with,
    and those of its own, to test with. Samples in no fold are in neither. So splitters of scikit-learn give them:

        for train, test in pcapmill.folds("dataset"): ...
        cross_val_score(model, x, y, cv=list(pcapmill.folds("dataset")))
    """
    m = manifest(directory)
    fold = _folds(directory, m)
    for k in range(m["split"]["folds"]):
        yield np.flatnonzero((fold >= 0) & (fold != k)), np.flatnonzero(fold == k)


def to_pandas(directory: _Path, split: Optional[str] = None) -> "pd.DataFrame":
    """The table of samples as a frame: a row a sample, in the order of load(directory, split).

    The columns are those of `pcapmill export --format table` (docs/formats/table.md): the index column is the
    place of the sample in the whole dataset. What the dataset does not know is missing. Needs pandas.
    """
    import pandas as pd

    data = load(directory, split)
    size = int(np.prod(data.images.shape[1:]))
    columns: Dict[str, Any] = {
        "index": data.index,
        "label": data.labels.astype(np.int64),
        "class": pd.Series(_names(data), dtype="str"),
        "split": pd.Series(_sides_of(directory, data), dtype="str"),
    }
    captures, places = _captures(directory, data)
    columns["capture"] = pd.Series([captures[i] for i in places], dtype="str")
    if data.manifest.get("split", {}).get("folds"):
        columns["fold"] = _folds(directory, data.manifest)[data.index]
    for name, task in data.tasks.items():
        columns[name] = pd.Series([task.classes[i] if i >= 0 else "unknown" for i in task.labels.tolist()], dtype="str")
    t = np.zeros(len(data.index), ROW) if data.table is None else data.table
    has: Array = t["packets"][:, 0] > 0  # older datasets have no table, or none of their first samples

    def known(values: Any, where: Array = has, dtype: Optional[str] = None) -> "pd.Series[Any]":
        series = pd.Series(values, dtype=dtype)
        return series if where.all() else series.where(where)

    timed: Array = has & (t["duration"] != _NO_TIME)
    columns["session"] = known(t["session"].astype(np.int64))
    columns["start"] = known(pd.to_datetime(np.where(timed, t["start"], 0), unit="ns", utc=True), timed)
    columns["duration_ns"] = known(t["duration"].astype(np.int64), timed)
    for name in ("packets", "bytes"):
        for column, way in enumerate(("forward", "backward")):
            columns[f"{name}_{way}"] = known(t[name][:, column].astype(np.int64))
    original = t["original"].astype(np.int64)
    columns["original_length"] = known(original)
    fit = np.where(original > size, "truncated", np.where(original < size, "padded", "exact"))
    columns["fit"] = known(fit, dtype="str")
    columns["protocol"] = known([{6: "tcp", 17: "udp"}.get(p, str(p)) for p in t["proto"].tolist()], dtype="str")
    columns["digest"] = known([d.tobytes().hex() for d in t["digest"]], dtype="str")
    hosts = [h.tobytes() for h in t["host"]]
    columns["host"] = known([h.hex() if any(h) else None for h in hosts], dtype="str")
    return pd.DataFrame(columns)


@overload
def to_huggingface(directory: _Path, split: None = None, unknown: Literal["skip", "keep"] = "skip") -> "datasets.DatasetDict": ...
@overload
def to_huggingface(directory: _Path, split: str, unknown: Literal["skip", "keep"] = "skip") -> "datasets.Dataset": ...


def to_huggingface(
    directory: _Path, split: Optional[str] = None, unknown: Literal["skip", "keep"] = "skip"
) -> "Union[datasets.DatasetDict, datasets.Dataset]":
    """The dataset as one of Hugging Face `datasets`: image (uint8, rows x columns), label (ClassLabel), index.

    Of a split dataset a DatasetDict with "train", "validation" and "test" as far as they have samples; of any
    other one with "train", which holds all. With split it is that one Dataset. Samples of no class are left
    out, or kept with label -1, which is how ClassLabel writes a missing one. The samples are copied into memory;
    for datasets that do not fit there `pcapmill export --format parquet` is the way. The library makes all integers
    int64 under with_format("torch"); with_format("numpy") keeps uint8. Needs datasets.
    """
    import datasets

    if unknown not in ("skip", "keep"):
        raise ValueError(f"unknown {unknown!r}: need 'skip' or 'keep'")
    whole = load(directory)

    def one(index: Array) -> Any:
        if unknown == "skip":
            index = index[whole.labels[index] != whole.unknown]
        labels = whole.labels[index].astype(np.int64)
        labels[labels == whole.unknown] = -1
        features = datasets.Features(
            {
                "image": datasets.Array2D(whole.images.shape[1:], "uint8"),
                "label": datasets.ClassLabel(names=[name or f"class {label}" for label, name in enumerate(whole.classes)]),
                "index": datasets.Value("int64"),
            }
        )
        return datasets.Dataset.from_dict({"image": whole.images[index], "label": labels, "index": index}, features=features)

    if split is not None:
        return one(_side(directory, whole.manifest, split))
    if not whole.manifest.get("split") or whole.manifest["split"].get("folds"):
        return datasets.DatasetDict({"train": one(whole.index)})
    sides = {name: _side(directory, whole.manifest, name) for name in _SIDES}
    return datasets.DatasetDict({name: one(index) for name, index in sides.items() if len(index)})


@_door
def _captures(directory: _Path, data: Data) -> Tuple[List[str], Array]:
    """Names of the captures, and which of them each sample is from."""
    path = os.path.join(directory, "manifest.json")
    names, counts, samples = [], [], data.manifest["samples"]
    for c in data.manifest.get("captures") or []:
        names.append(str(c["name"]))
        counts.append(_number(path, c, "samples", 0, samples))
    if sum(counts) != samples:
        raise Error(f"{path} is damaged: its captures have {sum(counts)} samples, and it counts {samples}")
    whole: Array = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    return names, whole[data.index]


def _names(data: Data) -> List[str]:
    names = {i: name for i, name in enumerate(data.classes)}
    return [names.get(label, "unknown") for label in data.labels.tolist()]


def _sides_of(directory: _Path, data: Data) -> List[Optional[str]]:
    """The side of each sample: "all" where the dataset is not split, None on no side."""
    if not data.manifest.get("split") or data.manifest["split"].get("folds"):
        return ["all"] * len(data.index)
    sides: List[Optional[str]] = [None] * data.manifest["samples"]
    for name in _SIDES:
        for i in _side(directory, data.manifest, name).tolist():
            sides[i] = name
    return [sides[i] for i in data.index.tolist()]
