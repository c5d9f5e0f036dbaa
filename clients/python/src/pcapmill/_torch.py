"""The dataset for torch. Importing this module imports torch; pcapmill does so when it is asked for one."""

import os
from typing import Any, Callable, Dict, List, Literal, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from torch.utils.data import Dataset

from ._load import Array, Error, _side, load


class Sessions(Dataset[Tuple[Any, Any]]):
    """A dataset, or one side of it, as a map-style torch dataset of (image, label).

    Without a transform image is a float32 tensor in 0...1 of shape (1, rows, columns) and label an
    int. Samples of no class are left out. As in torchvision's datasets there are classes,
    class_to_idx and targets; index has the place of each sample in the whole dataset.

    transform and target_transform, if given, get image and label and return what is used instead.
    input says what transform gets:

        "tensor"   the tensor above
        "array"    a numpy array: uint8, (rows, columns)
        "pil"      a PIL image of mode "L", as torchvision's MNIST gives; needs pillow

    If input is None it is "tensor", or what the first step of transform takes where that is one of
    torchvision's ToTensor ("array") and PILToTensor ("pil"): these refuse tensors.

    Images stay on the disk. Each worker of a DataLoader maps the files itself; a batch is read and
    converted at once where there is no transform.
    """

    classes: List[str]
    class_to_idx: Dict[str, int]
    targets: torch.Tensor
    index: Array
    images: Array

    def __init__(
        self,
        directory: "Union[str, os.PathLike[str]]",
        split: Optional[str] = None,
        transform: Optional[Callable[[Any], Any]] = None,
        target_transform: Optional[Callable[[int], Any]] = None,
        input: Optional[Literal["tensor", "array", "pil"]] = None,
    ) -> None:
        if input not in (None, "tensor", "array", "pil"):
            raise ValueError(f"input {input!r}: need 'tensor', 'array' or 'pil'")
        self.directory, self.split = os.path.abspath(directory), split
        self.transform, self.target_transform = transform, target_transform
        self.input = _taken_by(transform) if input is None else input
        data = load(directory)
        index = data.index if split is None else _side(directory, data.manifest, split)
        labels = data.labels[index]
        self.index = index[labels != data.unknown]
        self.images, self.classes, self.class_to_idx = data.images, data.classes, data.class_to_idx
        self.targets = torch.from_numpy(labels[labels != data.unknown].astype(np.int64))

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, i: int) -> Tuple[Any, Any]:
        return self.__getitems__([i])[0]

    def __getitems__(self, indices: Sequence[int]) -> List[Tuple[Any, Any]]:
        """A batch: DataLoader calls this instead of one __getitem__ a sample."""
        places = np.asarray(indices, np.int64)
        pixels = self.images[self.index[places]]  # a copy
        images: Sequence[Any]
        if self.input == "tensor":
            images = torch.from_numpy(pixels.astype(np.float32) / 255).unsqueeze(1).unbind()
        elif self.input == "array":
            images = list(pixels)
        else:
            from PIL import Image

            images = [Image.fromarray(p) for p in pixels]
        if self.transform is not None:
            images = [self.transform(image) for image in images]
        labels: List[Any] = self.targets[torch.from_numpy(places)].tolist()
        if self.target_transform is not None:
            labels = [self.target_transform(label) for label in labels]
        return list(zip(images, labels))

    def __getstate__(self) -> Dict[str, Any]:
        # A memory map would be pickled as its content. The size tells a copy in a worker whether
        # the dataset is still the one that this object was made from.
        return {**self.__dict__, "images": None, "samples": len(self.images)}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        samples = state.pop("samples")
        self.__dict__.update(state)
        self.images = load(self.directory).images
        if len(self.images) < samples:
            raise Error(f"{self.directory} has {len(self.images)} samples, and had {samples} before: it was made anew meanwhile")


def _taken_by(transform: Optional[Callable[[Any], Any]]) -> Literal["tensor", "array", "pil"]:
    """What the first step of a transform takes."""
    first: Any = transform
    while type(first).__name__ in ("Compose", "Sequential") and len(getattr(first, "transforms", None) or first):
        first = (getattr(first, "transforms", None) or first)[0]
    if type(first).__module__.startswith("torchvision."):
        if type(first).__name__ == "ToTensor":
            return "array"
        if type(first).__name__ == "PILToTensor":
            return "pil"
    return "tensor"
