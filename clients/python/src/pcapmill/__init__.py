"""Makes and loads datasets of network traffic: the dataset compiler pcapmill, from Python.

    import pcapmill
    pcapmill.convert("captures", "dataset", split="80/10/10")            # runs the command
    images, labels, classes, table = pcapmill.load("dataset", "train")   # numpy
    train = pcapmill.as_torch("dataset", "train")                        # for a torch DataLoader
    frame = pcapmill.to_pandas("dataset")                                # a row a sample
    sides = pcapmill.to_huggingface("dataset")                           # a datasets.DatasetDict

Loading needs numpy. torch, pandas and datasets are imported when they are asked for and not
before. Making a dataset runs the program `pcapmill`, which the wheel puts beside Python; it is
on the PATH as a command too, and `python -m pcapmill` is the same.

All errors are a pcapmill.Error. docs/formats/python.md in the repository has the whole story.
"""

import os
from typing import TYPE_CHECKING, Any, Callable, Literal, Optional

from ._command import (
    BinaryNotFoundError,
    CommandError,
    DamagedInputWarning,
    FailedError,
    IncompleteError,
    InterruptedRunError,
    PcapmillWarning,
    Progress,
    Result,
    UsageError,
    binary,
    convert,
    run,
)
from ._frames import folds, groups, to_huggingface, to_pandas
from ._load import ROW, Data, Error, Task, load, manifest
from ._version import __version__

if TYPE_CHECKING:
    from ._torch import Sessions as Sessions

__all__ = [
    "ROW",
    "BinaryNotFoundError",
    "CommandError",
    "DamagedInputWarning",
    "Data",
    "Error",
    "FailedError",
    "IncompleteError",
    "InterruptedRunError",
    "PcapmillWarning",
    "Progress",
    "Result",
    "Task",
    "UsageError",
    "__version__",
    "as_torch",
    "binary",
    "convert",
    "folds",
    "groups",
    "load",
    "manifest",
    "run",
    "to_huggingface",
    "to_pandas",
]


def as_torch(
    directory: "str | os.PathLike[str]",
    split: Optional[str] = None,
    transform: Optional[Callable[[Any], Any]] = None,
    target_transform: Optional[Callable[[int], Any]] = None,
    input: Optional[Literal["tensor", "array", "pil"]] = None,
) -> "Sessions":
    """A torch.utils.data.Dataset over a dataset, or one side of it: "train", "validation" or "test".

    It is a pcapmill.Sessions; that class says what its samples are. Needs torch.
    """
    sessions: "type[Sessions]" = __getattr__("Sessions")
    return sessions(directory, split, transform, target_transform, input)


def __getattr__(name: str) -> Any:
    if name == "Sessions":  # its base class is torch's, so it is made when somebody asks for it
        try:
            from ._torch import Sessions
        except ModuleNotFoundError as e:
            if e.name != "torch":
                raise
            raise ModuleNotFoundError("pcapmill.Sessions needs torch: pip install torch", name="torch") from None
        return Sessions
    raise AttributeError(f"module 'pcapmill' has no attribute {name!r}")
