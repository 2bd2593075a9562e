"""The given part of an image: checked, and the model's probability of its beginning.

The probability of a prefix of the reading order is exact and cheap: the product of its
conditionals. That of given sub-pixels after a gap is a sum over everything that could fill the gap;
it is left out here, and `particle_filter` estimates it.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.cropping import top_of
from pixelcnn.models.scan_orders import RASTER, label_in
from pixelcnn.sampling.editable import EditableSamples
from pixelcnn.sampling.engines import tile_engine
from pixelcnn.sampling.request import SampleOptions, make_request
from pixelcnn.sampling.tiles import TileEngine

_NATS_PER_BIT = math.log(2)


@dataclass(frozen=True)
class GivenPart:
    """The model's probability of the given part of an image.

    "Before" and "after" refer to the order in which the image was read.

    Attributes:
        prefix: number of sub-pixels before the first unknown one, all of them given.
        after_gap: number of given sub-pixels after it, which the values here ignore.
        class_nats: float64 `(classes or 1,)`: surprise at the prefix under each class,
            -log p(prefix | class), in nats.
    """

    prefix: int
    after_gap: int
    class_nats: Tensor

    @property
    def class_probabilities(self) -> Tensor:
        """p(class | prefix) by Bayes' rule with equal p(class): `(classes or 1,)`."""
        return torch.softmax(-self.class_nats, dim=0)

    @property
    def class_bits(self) -> Tensor:
        """Surprise at the prefix under each class, in bits: `(classes or 1,)`."""
        return self.class_nats / _NATS_PER_BIT

    @property
    def bits(self) -> float:
        """Surprise at the prefix with unknown class, in bits."""
        log_mean = torch.logsumexp(-self.class_nats, dim=0) - math.log(len(self.class_nats))
        return -log_mean.item() / _NATS_PER_BIT


class Reader:
    """Reads successive drawings, and computes only what differs from the previous one.

    For a drawing that grows stroke by stroke, that is little. Thread-safe. Log-probabilities agree
    with the model's own to float32 rounding. Holds all activations of one image per class.

    Args:
        model: the model.
        engine: its engine, if already made.

    Raises:
        ConfigError: neither numba nor WebAssembly can serve the model.
    """

    def __init__(self, model: AutoregressiveModel, engine: TileEngine | None = None) -> None:
        config = model.config
        self._shape = (max(config.classes, 1), *config.image_shape)
        self._known = torch.ones(self._shape, dtype=torch.bool)
        self._image = torch.zeros(self._shape[1:], dtype=torch.uint8)
        self._rows = config.height  # rows from the top that are up to date
        labels = torch.arange(config.classes) if config.classes else None
        options = SampleOptions(
            labels=labels, known=self._image[None], known_mask=self._known, seed=0
        )
        request = make_request(model, self._shape[0], options)
        self._samples = EditableSamples(engine or tile_engine(model), request)
        self._lock = threading.Lock()

    def log_probs(self, image: Tensor, rows: int) -> Tensor:
        """Log-probability of each sub-pixel of the top rows, under each class, in nats.

        `image` is uint8 `(C, H, W)`, of which only the top `rows` matter; the result is
        `(classes or 1, C, rows, W)`.
        """
        width = self._shape[3]
        with self._lock:
            differs = (image != self._image)[:, :rows].any(dim=0).flatten()  # (rows * W,)
            same = int((~differs).long().cumprod(dim=0).sum())
            first = min(same, self._rows * width)
            if first < rows * width:
                images = image.expand(self._shape).contiguous()
                self._samples.redraw(divmod(first, width), images, self._known, rows)
                self._image, self._rows = image.clone(), rows
            return self._samples.log_probs[:, :, :rows]


def read_given(
    model: AutoregressiveModel,
    known: Tensor | NDArray,
    known_mask: Tensor | NDArray,
    *,
    reader: Reader | None = None,
    order: int = RASTER,
) -> GivenPart:
    """The probability of the prefix of a given part under each class; arguments as for `complete`.

    `order` is the one that the image has already been turned to, for a model that knows eight.

    Raises:
        DataError: known or known_mask that do not fit the model.
    """
    image, mask = checked_part(model, known, known_mask)
    in_order = mask.permute(1, 2, 0).flatten()  # (H * W * C,), the model's order
    prefix = int(in_order.long().cumprod(dim=0).sum())
    after_gap = int(in_order.sum()) - prefix
    classes = max(model.config.classes, 1)
    if prefix == 0:
        return GivenPart(0, after_gap, torch.zeros(classes, dtype=torch.float64))
    channels, _, width = image.shape
    rows = -(-prefix // (width * channels))
    if reader is not None and order == RASTER:
        log_probs = reader.log_probs(image, rows)  # (classes or 1, C, rows, W)
    else:
        log_probs = _log_probs(model, image[:, :rows], order)
    nats = -log_probs.permute(0, 2, 3, 1).flatten(1)[:, :prefix].double().sum(dim=1)
    return GivenPart(prefix, after_gap, nats)


def rows_around(known_mask: Tensor | NDArray) -> Tensor:
    """The rows from the top down to the last given one: bool, shape as given.

    With these given too, everything given is a prefix. `known_mask` is `(..., H, W)`.
    """
    mask = as_tensor(known_mask)
    rows = mask.flatten(0, -3).any(dim=0) if mask.dim() > 2 else mask  # (H, W)
    with_given = rows.any(dim=1)  # (H,)
    at_or_below = with_given.flip(0).long().cummax(dim=0).values.flip(0).bool()
    return at_or_below[:, None].expand(mask.shape).clone()


def _log_probs(model: AutoregressiveModel, image: Tensor, order: int) -> Tensor:
    """Log-probability of each sub-pixel of the top rows of an image, under each class.

    `image` is `(C, rows, W)`; the result is `(classes or 1, C, rows, W)`, in nats.
    """
    top = top_of(model, image.shape[1]).eval()
    classes = model.config.classes
    device = next(model.parameters()).device
    images = image.to(device).expand(max(classes, 1), *image.shape)
    labels = None
    if classes:
        labels = label_in(order=order, label=torch.arange(classes, device=device), classes=classes)
    with torch.inference_mode():
        return model.likelihood.log_prob(top(images, labels), images).cpu()


def as_tensor(values: Tensor | NDArray) -> Tensor:
    # Copy: torch does not support read-only arrays.
    return values if isinstance(values, Tensor) else torch.from_numpy(np.array(values))


def checked_part(
    model: AutoregressiveModel, known: Tensor | NDArray, known_mask: Tensor | NDArray
) -> tuple[Tensor, Tensor]:
    """The given part as uint8 and bool `(C, H, W)`, 0 where not given."""
    config = model.config
    shape = config.image_shape
    image, mask = as_tensor(known), as_tensor(known_mask)
    for name, tensor in (("known", image), ("known_mask", mask)):
        # One mask serves all colours, but one channel of levels is not an RGB image.
        flat_fits = config.channels == 1 or name == "known_mask"
        if tuple(tensor.shape) != shape and not (flat_fits and tuple(tensor.shape) == shape[1:]):
            raise DataError(
                f"{name} has shape {tuple(tensor.shape)}; this model needs one image of shape "
                f"{shape} (channels, rows, columns)."
            )
    if mask.dtype != torch.bool:
        raise DataError(f"known_mask has dtype {mask.dtype}; it must be bool, True = given.")
    mask = mask.expand(shape)
    image = torch.where(mask, image.expand(shape), torch.zeros((), dtype=image.dtype))
    model.check_images(image[None])
    return image, mask
