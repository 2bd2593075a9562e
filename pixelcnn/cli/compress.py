"""`python -m pixelcnn compress` and `decompress`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.pictures.forms import Form
from pixelcnn.system.output import check_writable, save_arrays, write_output

if TYPE_CHECKING:
    from torch import Tensor

    from pixelcnn.models.base import AutoregressiveModel


@dataclass(frozen=True)
class Compress:
    """Write images as a stream of bytes: about ten for a digit.

    Example: python -m pixelcnn compress mnist-threshold-pixelcnnpp seven.png --output seven.bin

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint.
        images: an image file, or arrays (.npz: images, uint8 (n, C, H, W), and perhaps labels).
        label: the class of a single image, by its name or number; by default that which costs
            the fewest bytes.
        form: how a picture is read; see the command complete.
        bare: do not name the model in the stream.
        check: bytes of a checksum, 0 to 4.
        output: file for the stream.
    """

    checkpoint: tyro.conf.Positional[str]
    images: tyro.conf.Positional[Path]
    label: str | None = None
    form: Form = "digit"
    bare: bool = False
    check: int = 0
    output: Path = Path("images.bin")

    def run(self) -> int:
        """Write; returns the exit status."""
        import torch

        from pixelcnn.checkpoints.class_names import chosen_class
        from pixelcnn.checkpoints.files import load_checkpoint
        from pixelcnn.compression.codec import compress
        from pixelcnn.data.images import read_image

        model, card = load_checkpoint(self.checkpoint)
        if self.images.suffix.lower() == ".npz":
            if self.label is not None:
                raise ConfigError("--label is for one image; arrays bring labels of their own.")
            images, labels = _arrays(self.images, model)
        else:
            images = read_image(self.images, model.config, self.form)
            label = chosen_class(self.label, card, model.config.classes)
            labels = None if label is None else torch.tensor([label])
        data = compress(model, images, labels, named=not self.bare, check=self.check)
        write_output(self.output, data)
        print(
            f"{len(images)} images written to {self.output}: {len(data)} bytes, "
            f"{len(data) / max(len(images), 1):.2f} each"
        )
        if len(data) <= 64:
            print(data.hex(" "))
        return 0


@dataclass(frozen=True)
class Decompress:
    """Read images from a stream of bytes.

    Example: python -m pixelcnn decompress mnist-threshold-pixelcnnpp seven.bin --output seven.png

    Attributes:
        checkpoint: that wrote the stream: a file, or the name of a shipped checkpoint.
        stream: the file.
        output: a sheet (.png), or arrays (.npz: images and, if the model has classes, labels).
        scale: side of a pixel on the sheet; by default for tiles of about 112.
    """

    checkpoint: tyro.conf.Positional[str]
    stream: tyro.conf.Positional[Path]
    output: Path = Path("images.png")
    scale: int | None = None

    def run(self) -> int:
        """Read and write; returns the exit status."""
        check_writable(self.output, (".png", ".npz"))
        from pixelcnn.checkpoints.files import load_checkpoint
        from pixelcnn.compression.codec import Codec
        from pixelcnn.data.images import save_image, sheet

        try:
            data = self.stream.read_bytes()
        except OSError as error:
            raise DataError(f"{self.stream} cannot be read ({error.strerror}).") from error
        model, _ = load_checkpoint(self.checkpoint)
        read = Codec(model).decompress(data)
        if self.output.suffix.lower() == ".npz":
            arrays = {"images": read.images}
            if read.labels is not None:
                arrays["labels"] = read.labels
            save_arrays(self.output, arrays)
        else:
            save_image(self.output, sheet(read.images, model.config.levels, scale=self.scale))
        print(f"{len(read.images)} images of {len(data)} bytes written to {self.output}")
        return 0


def _arrays(path: Path, model: AutoregressiveModel) -> tuple[Tensor, Tensor | None]:
    """Images and labels of an `.npz`."""
    import numpy as np
    import torch

    from pixelcnn.system.arrays import read_npz

    arrays = read_npz(path)
    if "images" not in arrays:
        raise DataError(f"{path} has no array images; it needs one of uint8 (n, C, H, W).")
    images = torch.from_numpy(arrays["images"])
    labels = arrays.get("labels")
    if labels is None or not model.config.classes:
        return images, None
    return images, torch.from_numpy(labels.astype(np.int64))
