"""Who sees whom in any network, found by trying: for modules that state no taps.

`reach` follows the taps of this library's own layers, and is exact whatever the weights. What
nobody has written taps for (a student's module, batch normalisation) is tried out instead: change
one sub-pixel, run the network again, and look which outputs moved. A dependence that is found is
there; one that is not may hide behind a weight of 0 or a unit that is shut in all images tried.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pixelcnn.causality.reach import legal_relation
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel

BoolArray = NDArray[np.bool_]
Forward = Callable[[Tensor], Tensor]
"""Images float64 `(B, C, H, W)` to `(B, P, C, H, W)`, or `(B, C * P, H, W)` with R's first."""

_TOLERANCE = 1e-12
"""Of the largest output: far above the rounding of float64, far below what a weight does."""
_AT_ONCE = 32
_SPAN = (-1.0, 1.0)  # what a model scales its images to


def perturbation_leaks(
    forward: nn.Module | Forward,
    shape: tuple[int, int, int],
    levels: int = 2,
    *,
    span: tuple[float, float] = (0.0, 1.0),
    images: int = 2,
    seed: int = 0,
    places: Sequence[int] | None = None,
) -> BoolArray:
    """Which outputs see a sub-pixel that does not come before them: arguments and shape as below.

    Each True is a leak: such a network knows what it should predict.
    """
    relation = perturbation_relation(
        forward, shape, levels, span=span, images=images, seed=seed, places=places
    )
    return relation & ~legal_relation(*shape)


def perturbation_relation(
    forward: nn.Module | Forward,
    shape: tuple[int, int, int],
    levels: int = 2,
    *,
    span: tuple[float, float] = (0.0, 1.0),
    images: int = 2,
    seed: int = 0,
    places: Sequence[int] | None = None,
) -> BoolArray:
    """Which outputs change with which inputs, in the mode (train or eval) that a module is in.

    Dropout hides the same units before and after a change. If images of a batch influence each
    other, as in batch normalisation, the network gets them one by one.

    Args:
        forward: maps images float64 `(B, C, H, W)` to numbers for each sub-pixel:
            `(B, P, C, H, W)`, or `(B, C * P, H, W)` with all those of R before those of G and B.
            A module is copied, on the CPU and in float64; a function has to compute in float64
            itself.
        shape: channels, height and width of the images. A convolutional network tells as much on
            a small image as on a large one, in far less time: it runs once for each sub-pixel.
        levels: values that a sub-pixel can take, evenly over `span`.
        span: the lowest and the highest of them, as the network wants them.
        images: random images to try; each can only find more.
        seed: of these images, and of what the network itself draws.
        places: which sub-pixels to change, counted through `(C, H, W)`; by default all of them.
            Of the others nothing is found out.

    Returns:
        bool `(C, H, W, C, H, W)`: target, then source. `AuditReport(relation, relation)` counts.

    Raises:
        ConfigError: outputs that do not fit, or are not finite.
    """
    network = _in_float64(forward)
    sub_pixels = int(np.prod(shape))
    changed = torch.arange(sub_pixels) if places is None else torch.tensor(places)
    found = torch.zeros(sub_pixels, sub_pixels, dtype=torch.bool)  # source, then target
    values = torch.linspace(*span, levels, dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for _ in range(images):
            choice = torch.randint(levels, (1, *shape), generator=generator)
            step = torch.randint(1, levels, (1, *shape), generator=generator)
            other = values[(choice + step) % levels]
            found[changed] |= _moved(network, values[choice], other, changed, seed)
    return found.T.reshape(*shape, *shape).numpy()


def spot_check(model: AutoregressiveModel, *, places: int = 8, seed: int = 0) -> int:
    """Leaks that turn up when a few sub-pixels of a random image are changed: 0 for a causal model.

    Far from all, but of the model as it is: its own size, its own weights.

    Args:
        model: any model of the registry; with classes, it is told the first.
        places: how many sub-pixels to change, spread over the image at random.
        seed: of the image and the places.
    """
    config = model.config
    shape = (config.channels, config.height, config.width)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(int(np.prod(shape)), generator=generator)[:places]
    network = Network(model, 0 if config.classes else None)
    leaks = perturbation_leaks(
        network, shape, config.levels, span=_SPAN, images=1, seed=seed, places=chosen.tolist()
    )
    return int(leaks.sum())


def mixes_images(
    forward: nn.Module | Forward, shape: tuple[int, int, int], *, seed: int = 0
) -> bool:
    """Whether what comes out for an image depends on the others of its batch.

    Batch normalisation does that in train mode: the statistics are those of the batch. The
    arguments are those of `perturbation_relation`.
    """
    generator = torch.Generator().manual_seed(seed)
    first, other = torch.rand(2, 1, *shape, generator=generator, dtype=torch.float64)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        return not _apart(_in_float64(forward), first, other, seed)


class Network(nn.Module):
    """A model's network by itself: scaled images to parameters `(B, P, C, H, W)`.

    Args:
        model: reads images from -1 to 1, which is the `span` to try it with.
        label: the class that it is told, for a model with classes.
    """

    def __init__(self, model: AutoregressiveModel, label: int | None = None) -> None:
        super().__init__()
        self.model, self.label = model, label
        self.train(model.training)

    def forward(self, x: Tensor) -> Tensor:
        """Float `(B, C, H, W)` to `(B, P, C, H, W)`."""
        labels = None if self.label is None else torch.full((len(x),), self.label)
        return self.model.unpack(self.model.network(x, labels))


def _in_float64(forward: nn.Module | Forward) -> Forward:
    if isinstance(forward, nn.Module):
        return copy.deepcopy(forward).to("cpu", torch.float64)
    return forward


def _moved(network: Forward, image: Tensor, other: Tensor, places: Tensor, seed: int) -> Tensor:
    """Which outputs move with each change: bool `(changes, sub-pixels)`, both as in `(C, H, W)`.

    Args:
        network: see `Forward`.
        image: `(1, C, H, W)`.
        other: the same with another level everywhere, to change one sub-pixel at a time to.
        places: the sub-pixels to change, int64 `(changes,)`.
        seed: what the network draws must not differ between the two.
    """
    changed = image.repeat(len(places), 1, 1, 1)  # the n-th one differs in the n-th place
    changed.flatten(1)[torch.arange(len(places)), places] = other.flatten()[places]
    size = _AT_ONCE if _apart(network, image, other, seed) else 1
    moved = []
    for some in changed.split(size):
        before = _outputs(network, image.expand_as(some), seed)
        after = _outputs(network, some, seed)
        effect = (after - before).abs().amax(dim=1)  # (changes, C, H, W)
        moved.append(effect > _TOLERANCE * before.abs().max())
    return torch.cat(moved).flatten(1)


def _apart(network: Forward, image: Tensor, other: Tensor, seed: int) -> bool:
    """Whether `image` comes out the same beside itself and beside another one, `(1, C, H, W)`."""
    beside_itself = _outputs(network, torch.cat([image, image]), seed)[0]
    beside_another = _outputs(network, torch.cat([image, other]), seed)[0]
    return torch.allclose(beside_itself, beside_another, rtol=0, atol=_TOLERANCE)


def _outputs(network: Forward, images: Tensor, seed: int) -> Tensor:
    """What the network says about each sub-pixel: `(B, P, C, H, W)`, finite."""
    torch.manual_seed(seed)
    made = outputs = network(images)
    if not isinstance(made, Tensor):
        raise ConfigError(f"the network returns a {type(made).__name__}; it must be one tensor.")
    channels, *size = images.shape[1:]
    if outputs.dim() == 4 and outputs.shape[1] % channels == 0:
        outputs = outputs.unflatten(1, (channels, -1)).transpose(1, 2)
    if outputs.dim() != 5 or (len(outputs), *outputs.shape[2:]) != (len(images), channels, *size):
        raise ConfigError(
            f"the network makes {tuple(made.shape)} of images {tuple(images.shape)}; it must "
            "be (batch, parameters, channels, height, width), or (batch, channels x parameters, "
            "height, width)."
        )
    if not outputs.isfinite().all():
        raise ConfigError("the network's outputs are not finite, so nothing can be said of it.")
    return outputs
