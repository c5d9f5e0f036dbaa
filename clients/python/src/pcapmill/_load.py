"""Loads datasets that pcapmill has made. Needs numpy.

images   uint8, (samples, rows, columns), or the type that a form has; read from the disk as it is
         used. Of a form of text, an array of its lines
labels   uint8, or int32 where there are more than 255 classes; `unknown` of the result
         (255, or 65535) marks samples of no class
classes  names by label
table    one record a sample: what pcapmill writes about it into sample_table.bin (ROW)

Whatever is missing, damaged or does not fit the manifest is a pcapmill.Error that says
what, where, and what to do. A dataset may come from a stranger: only regular files of its
directory are opened, no link is followed, and no number in a file is believed before it was
compared with the files.
"""

import functools
import hashlib
import json
import math
import os
import re
import stat
from typing import IO, Any, Callable, Dict, List, NamedTuple, Optional, Tuple, TypeVar, Union, cast

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
_Path = Union[str, "os.PathLike[str]"]
_Function = TypeVar("_Function", bound=Callable[..., Any])

# A record of sample_table.bin; docs/formats/dataset.md says what each field means. Pairs are
# (in the direction of the first kept packet, the other way).
ROW = np.dtype(
    [
        ("session", "<u8"),
        ("start", "<i8"),  # nanoseconds since 1970-01-01 UTC: table["start"].view("datetime64[ns]"); see --table-times
        ("duration", "<i8"),  # nanoseconds
        ("packets", "<u8", 2),
        ("bytes", "<u8", 2),
        ("original", "<u8"),  # bytes before the sample was cut or padded
        ("digest", "V16"),
        ("host", "V8"),  # keyed pseudonym; zeros without a key
        ("capture", "<u4"),  # place in manifest()["captures"]
        ("proto", "u1"),  # 6 TCP, 17 UDP
        ("reserved", "V3"),
    ]
)

# The longer record of datasets with a form, units or limits: those whose manifest has "form".
WIDE_ROW = np.dtype(
    [
        *((name, ROW[name].base, ROW[name].shape) for name in ROW.names or () if name != "reserved"),
        ("fit", "u1"),  # 1 padded, 2 exact, 3 truncated; 0: original tells
        ("reserved", "V2"),
        ("unit", "<u8"),  # place of the unit in its session
        ("counted", "<u8"),  # what the form counts, bytes or packets, before a cut
    ]
)

# Types of elements: magic number of the IDX file and numpy's name.
_TYPES = {"u8": (0x803, "u1"), "i8": (0x903, "i1"), "i16": (0xB03, ">i2"), "f32": (0xD03, ">f4")}

_SIDES = {"train": "0", "validation": "1", "test": "2"}


class Error(Exception):
    """A dataset that cannot be read, and why."""


# What Python and numpy raise about bytes that make no sense.
_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError)


def _door(function: _Function) -> _Function:
    """Turns whatever damage raises below into an Error."""

    @functools.wraps(function)
    def wrapped(directory: _Path, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(directory, *args, **kwargs)
        except _DAMAGE as e:
            raise Error(f"{os.fspath(directory)} cannot be read: {type(e).__name__}: {e}; 'pcapmill verify' says more") from e

    return cast(_Function, wrapped)


class _Fields(NamedTuple):
    images: Array
    labels: Array
    classes: List[str]
    table: Optional[Array]


class Task(NamedTuple):
    """One of several label columns of a dataset (docs/labels.md)."""

    labels: Array  # int32: places in classes; -1 marks samples of no class
    classes: List[str]


class Data(_Fields):
    """What load returns: four values, with `unknown`, `index`, `manifest` and `tasks` as attributes."""

    unknown: int  # label of samples of no class
    index: Array  # type: ignore[assignment]  # place of each sample in the whole dataset
    manifest: Dict[str, Any]
    tasks: Dict[str, Task]  # label columns by name; empty unless the class table names tasks

    @property
    def class_to_idx(self) -> Dict[str, int]:
        """Labels by name, as torchvision's datasets have them."""
        return {name: label for label, name in enumerate(self.classes) if name}


@_door
def manifest(directory: _Path) -> Dict[str, Any]:
    """The content of manifest.json, after a look whether this program can read it."""
    path = os.path.join(directory, "manifest.json")
    try:
        text = _read(directory, "manifest.json", _MOST_MANIFEST)
    except FileNotFoundError:
        raise Error(f"{directory} holds no dataset: there is no manifest.json; 'pcapmill convert' makes one") from None
    try:
        m = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as e:
        raise Error(f"{path} is damaged: {e}") from None
    if not isinstance(m, dict) or m.get("format") != "pcapmill dataset":
        raise Error(f"{path} is no manifest of pcapmill")
    if _number(path, m, "version", 0, 1 << 31) > 1:
        raise Error(f"{path} has version {m['version']}, this program reads 1: use a newer pcapmill")
    return m


# Bytes of the largest manifest that pcapmill writes, and of what a record of a split has besides a
# byte a sample.
_MOST_MANIFEST = 2 << 30
_MOST_RECORD = 128 << 20


def _open(directory: _Path, name: str) -> IO[bytes]:
    """Opens a regular file of the directory, and nothing else."""
    path = os.path.join(directory, name)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Error(f"{path} is not a regular file: a dataset holds no links and no special files")
    f = open(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(f.fileno()).st_mode):
        f.close()
        raise Error(f"{path} is not a regular file: a dataset holds no links and no special files")
    return f


def _read(directory: _Path, name: str, most: int) -> bytes:
    """The bytes of a text file of at most so many."""
    with _open(directory, name) as f:
        size = os.fstat(f.fileno()).st_size
        if size > most or b"\0" in f.read(4096):  # a sparse file is zeros
            raise Error(f"{os.path.join(directory, name)} is damaged: it has {size} bytes, or is not text")
        f.seek(0)
        return f.read(most + 1)[:most]


def _number(path: str, record: Dict[str, Any], key: str, least: int, most: int) -> int:
    """A whole number of a record, within bounds."""
    n = record.get(key)
    if isinstance(n, bool) or not isinstance(n, int) or not least <= n <= most:
        raise Error(f"{path} is damaged: {key} is {str(n)[:40]}, need a number from {least} to {most}")
    return n


@_door
def load(directory: _Path, split: Optional[str] = None) -> Data:
    """Loads the dataset in a directory, or one side of it: "train", "validation" or "test".

    Returns Data: images, labels, classes, table. Without split it is the whole dataset, mapped and
    not read; a side of it is a copy. table is None if the dataset has none (it is older).
    """
    m = manifest(directory)
    path = os.path.join(directory, "manifest.json")
    n = _number(path, m, "samples", 0, 2**32 - 1)
    wide = m.get("label_type", "uint8") == "int32"
    images = _images(directory, m, n)
    labels = _idx(directory, "label_output.idx1", 0xC01 if wide else 0x801, (n,), ">i4" if wide else "u1")
    if wide:
        labels = labels.astype(np.int32)
    unknown = 65535 if wide else 255
    if n and not 0 <= int(labels.min()) <= int(labels.max()) <= unknown:
        raise Error(f"{os.path.join(directory, 'label_output.idx1')} has label {int(labels.max())}, need 0 to {unknown}")
    classes = _classes(directory, m, labels, unknown)
    table = _table(directory, m, n)
    index = np.arange(n)
    if split is not None:
        index = _side(directory, m, split)
        images, labels, table = images[index], labels[index], None if table is None else table[index]
    data = Data(images, labels, classes, table)
    data.unknown, data.index, data.manifest, data.tasks = unknown, index, m, _tasks(path, m, index)
    return data


def _tasks(path: str, m: Dict[str, Any], index: Array) -> Dict[str, Task]:
    """The label columns that the class table names: a class of each capture."""
    tasks: Dict[str, Task] = {}
    captures = m.get("captures") or []
    counts = [_number(path, c, "samples", 0, m["samples"]) for c in captures] if m.get("tasks") else []
    for i, t in enumerate(m.get("tasks") or []):
        if sum(counts) != m["samples"]:
            raise Error(f"{path} is damaged: its captures have {sum(counts)} samples, and it counts {m['samples']}")
        classes = [str(c["name"]) for c in t["classes"]]
        place = {name: label for label, name in enumerate(classes)}
        place["unknown"] = -1
        of = []
        for c in captures:
            if c["tasks"][i] not in place:
                raise Error(f"{path} is damaged: task {str(t['name'])[:40]} has no class {str(c['tasks'][i])[:40]}")
            of.append(place[c["tasks"][i]])
        tasks[str(t["name"])] = Task(np.repeat(np.array(of, np.int32), counts)[index], classes)
    return tasks


def _images(directory: _Path, m: Dict[str, Any], n: int) -> Array:
    """The samples: an array, or lines of text."""
    path = os.path.join(directory, "manifest.json")
    kind = (m.get("form") or {}).get("dtype", "u8")
    if kind == "text":
        return _lines(directory, n)
    if kind not in _TYPES:
        raise Error(f"{path} has samples of type {str(kind)[:40]}: use a newer pcapmill")
    rows, columns = (_number(path, m, key, 1, 2**31 - 1) for key in ("rows", "columns"))
    magic, dtype = _TYPES[kind]
    return _idx(directory, "session_output.idx3", magic, (n, rows, columns), dtype)


def _lines(directory: _Path, n: int) -> Array:
    """The lines of a form of text, by the index of their ends."""
    path = os.path.join(directory, "session_index.bin")
    with _open(directory, "session_index.bin") as f:
        ends = np.frombuffer(f.read(8 * n), "<u8").astype(np.int64)
    lines = np.empty(n, object)
    if len(ends) != n or n and (int(ends[0]) < 1 or (np.diff(ends) < 1).any()):
        raise Error(f"{path} has the ends of {len(ends)} samples in rising order, need {n}")
    with _open(directory, "session_output.txt") as f:
        if n and os.fstat(f.fileno()).st_size < int(ends[-1]):
            raise Error(f"{os.path.join(directory, 'session_output.txt')} is shorter than {path} says")
        at = 0
        for i in range(n):
            line = f.read(int(ends[i]) - at)
            at = int(ends[i])
            if not line.endswith(b"\n"):
                raise Error(f"{path}: sample {i} does not end at byte {at}")
            lines[i] = line[:-1].decode("ascii")
    return lines


def _idx(directory: _Path, name: str, magic: int, shape: Tuple[int, ...], dtype: str) -> Array:
    """An IDX file as an array, checked against the shape that the manifest says."""
    path = os.path.join(directory, name)
    dimensions = len(shape)
    head = 4 + 4 * dimensions
    try:
        f = _open(directory, name)
    except FileNotFoundError:
        raise Error(f"{path} is missing") from None
    with f:
        size = os.fstat(f.fileno()).st_size
        if size < head:
            raise Error(f"{path} has {size} bytes, fewer than its header")
        have = np.frombuffer(f.read(head), ">u4").tolist()
        if have[0] != magic or have[2:] != list(shape[1:]):
            raise Error(f"{path} has magic number {have[0]:#x} and shape {have[1:]}, need {magic:#x} and {list(shape)}")
        need = head + math.prod(shape) * np.dtype(dtype).itemsize
        if have[1] < shape[0] or size < need:
            raise Error(
                f"{path} has {have[1]} samples in {size} bytes, but manifest.json counts {shape[0]}, which need {need}: "
                "run the same 'pcapmill convert' again, or restore the file"
            )
        if shape[0] == 0:
            return np.zeros(shape, dtype)
        return np.memmap(f, dtype, "r", head, shape)  # a run that was killed may have left more behind


def _classes(directory: _Path, m: Dict[str, Any], labels: Array, unknown: int) -> List[str]:
    """Names by label; every class must have as many samples as the manifest says."""
    path = os.path.join(directory, "manifest.json")
    counts = np.bincount(labels, minlength=unknown + 1)
    names = {}
    for c in m["classes"] or []:
        label = _number(path, c, "label", 0, unknown)
        if not isinstance(c["name"], str) or label in names:
            raise Error(f"{path} is damaged: class {str(c['name'])[:40]} with label {label}")
        if counts[label] != c["samples"]:
            raise Error(
                f"{os.path.join(directory, 'label_output.idx1')} has {counts[label]} samples of class {c['name']}, "
                f"but manifest.json counts {c['samples']}: 'pcapmill verify' says more"
            )
        counts[label] = 0
        if label != unknown:
            names[label] = c["name"]
    if counts.any():
        raise Error(f"{os.path.join(directory, 'label_output.idx1')} has label {int(counts.argmax())}, which is no class")
    return [names.get(i, "") for i in range(max(names, default=-1) + 1)]


def _table(directory: _Path, m: Dict[str, Any], n: int) -> Optional[Array]:
    path = os.path.join(directory, "sample_table.bin")
    row = WIDE_ROW if m.get("form") else ROW
    if not any(f["name"] == "sample_table.bin" for f in m["files"] or []):
        return None
    try:
        f = _open(directory, "sample_table.bin")
    except FileNotFoundError:
        raise Error(f"{path} is missing") from None
    with f:
        size = os.fstat(f.fileno()).st_size
        if size < n * row.itemsize:
            raise Error(f"{path} has {size} bytes, but {n} samples need {n * row.itemsize}: restore the file, or make the dataset anew")
        return np.memmap(f, row, "r", 0, (n,)) if n else np.zeros(0, row)


@_door
def _side(directory: _Path, m: Dict[str, Any], split: str) -> Array:
    """Places of the samples on a side; see docs/formats/splits.md."""
    if split not in _SIDES:
        raise Error(f"no side {split!r}: need one of {', '.join(_SIDES)}, or None for the whole dataset")
    if m.get("split", {}).get("folds"):
        raise Error(f"{directory} has folds and no sides: pcapmill.folds gives them")
    record, sides = _assignment(directory, m)
    index = np.flatnonzero(sides == ord(_SIDES[split]))
    if len(index) != record["sides"][split]:
        path = os.path.join(directory, "splits.json")
        raise Error(f"{path} counts {record['sides'][split]} samples for {split}, but assigns {len(index)}")
    return index


@_door
def _folds(directory: _Path, m: Dict[str, Any]) -> Array:
    """The fold of each sample, -1 in none; see docs/formats/splits.md."""
    if m.get("split") and not m["split"].get("folds"):
        raise Error(f"{directory} has sides and no folds: 'pcapmill split {directory} --folds 5' makes five")
    record, letters = _assignment(directory, m)
    table = np.full(256, -1, np.int64)
    for number, letter in enumerate("0123456789abcdefghijklmnopqrstuvwxyz"[: m["split"]["folds"]]):
        table[ord(letter)] = number
    fold: Array = table[letters]
    have = np.bincount(fold[fold >= 0], minlength=m["split"]["folds"]).tolist()
    if have != record["sides"]["folds"]:
        path = os.path.join(directory, "splits.json")
        raise Error(f"{path} counts {record['sides']['folds']} samples in the folds, but assigns {have}")
    return fold


def _assignment(directory: _Path, m: Dict[str, Any]) -> Tuple[Dict[str, Any], Array]:
    """The record of the split, and a letter a sample."""
    if not m.get("split"):
        raise Error(f"{directory} is not split: 'pcapmill split {directory}' does that")
    path = os.path.join(directory, "splits.json")
    text = _record(directory, m)
    record = json.loads(text)
    if _number(path, record, "version", 0, 1 << 31) > 3:
        raise Error(f"{path} has version {record['version']}, this program reads 1 to 3: use a newer pcapmill")
    sides = np.frombuffer(record["assignment"].encode("ascii"), "u1")
    if len(sides) != m["samples"]:
        raise Error(f"{path} divides {len(sides)} of {m['samples']} samples: run 'pcapmill split {directory}' again")
    return record, sides


def _record(directory: _Path, m: Dict[str, Any]) -> bytes:
    """The record of the split that the manifest speaks of. For a moment, or after a kill, it still has
    the temporary name that it was written under."""
    path, most = os.path.join(directory, "splits.json"), 2 * m["samples"] + _MOST_RECORD
    pending = [name for name in sorted(os.listdir(directory)) if re.fullmatch(r"\.splits\.json[0-9]+", name)]
    there = False
    for name in ["splits.json", *pending, "splits.json"]:
        try:
            text = _read(directory, name, most)
        except FileNotFoundError:
            continue
        if hashlib.sha256(text).hexdigest() == m["split"]["sha256"]:
            return text
        there = True
    if not there:
        raise Error(f"{path} is missing")
    raise Error(f"{path} is not the file that manifest.json speaks of: run 'pcapmill split {directory}' again")
