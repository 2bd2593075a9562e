"""Dependences between sub-pixels of any network, found by perturbing its input.

`reach` follows the taps of this library's own layers, and is exact for any weights. Other modules
(a student's, batch normalisation) are tested: change one sub-pixel, run the network again, and see
which outputs change. Every dependence found is real; one may be missed where a weight is 0 or a
unit is inactive for all images tried.
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
"""Share of the largest output: far above float64 rounding, far below the effect of a weight."""
_AT_ONCE = 32
_SPAN = (-1.0, 1.0)  # the range of a model's scaled images


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
    """The outputs that see a sub-pixel that does not come before them; arguments as below.

    Each True is a leak: the network knows what it should predict.
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
    """Which outputs change with which inputs, in the module's current mode (train or eval).

    Dropout hides the same units before and after a change. If images of a batch influence each
    other, as in batch normalisation, they are run one by one.

    Args:
        forward: maps images float64 `(B, C, H, W)` to `(B, P, C, H, W)`, or to `(B, C * P, H, W)`
            with all of R before G and B. A module is copied to the CPU in float64; a function has
            to compute in float64 itself.
        shape: channels, height and width of the images. For a convolutional network, a small image
            shows as much as a large one in far less time: one run per sub-pixel.
        levels: number of levels of a sub-pixel, evenly spaced over `span`.
        span: the lowest and the highest network input.
        images: number of random images; each may reveal more dependences.
        seed: of these images, and of the network's own random numbers.
        places: indices of the sub-pixels to change, in `(C, H, W)`; by default all. The others
            are not tested.

    Returns:
        bool `(C, H, W, C, H, W)`: target, then source. `AuditReport(relation, relation)` counts.

    Raises:
        ConfigError: outputs of the wrong shape, or not finite.
    """
    network = _in_float64(forward)
    sub_pixels = int(np.prod(shape))
    changed = torch.arange(sub_pixels) if places is None else torch.tensor(places)
    relation = torch.zeros(sub_pixels, sub_pixels, dtype=torch.bool)  # source, then target
    values = torch.linspace(*span, levels, dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for _ in range(images):
            choice = torch.randint(levels, (1, *shape), generator=generator)
            step = torch.randint(1, levels, (1, *shape), generator=generator)
            other = values[(choice + step) % levels]
            relation[changed] |= _moved(network, values[choice], other, changed, seed)
    return relation.T.reshape(*shape, *shape).numpy()


def spot_check(model: AutoregressiveModel, *, places: int = 8, seed: int = 0) -> int:
    """The number of leaks found by changing a few sub-pixels of a random image.

    Not exhaustive, but tests the model at its own size with its own weights.

    Args:
        model: any model of the registry; if conditional, it gets class 0.
        places: how many random sub-pixels to change.
        seed: of the image and the sub-pixels.
    """
    config = model.config
    shape = config.image_shape
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
    """Whether the outputs for an image depend on the others of its batch.

    Batch normalisation does that in train mode, with statistics of the batch. Arguments as for
    `perturbation_relation`.
    """
    generator = torch.Generator().manual_seed(seed)
    first, other = torch.rand(2, 1, *shape, generator=generator, dtype=torch.float64)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        return not _apart(_in_float64(forward), first, other, seed)


class Network(nn.Module):
    """A model's network alone: scaled images to parameters `(B, P, C, H, W)`.

    Args:
        model: its input range, the `span` to use, is -1 to 1.
        label: its class, for a model with classes.
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
    """The outputs that change with each input: bool `(changes, sub-pixels)`, as in `(C, H, W)`.

    Args:
        network: see `Forward`.
        image: `(1, C, H, W)`.
        other: of the same shape with another level everywhere, to change sub-pixels to.
        places: indices of the sub-pixels to change, int64 `(changes,)`.
        seed: for the network's own random numbers, which must be the same in both runs.
    """
    changed = image.repeat(len(places), 1, 1, 1)  # the n-th one differs in the n-th place
    changed.flatten(1)[torch.arange(len(places)), places] = other.flatten()[places]
    size = _AT_ONCE if _apart(network, image, other, seed) else 1
    effects = []
    for batch in changed.split(size):
        before = _outputs(network, image.expand_as(batch), seed)
        after = _outputs(network, batch, seed)
        effect = (after - before).abs().amax(dim=1)  # (changes, C, H, W)
        effects.append(effect > _TOLERANCE * before.abs().max())
    return torch.cat(effects).flatten(1)


def _apart(network: Forward, image: Tensor, other: Tensor, seed: int) -> bool:
    """Whether `image` gives the same output beside itself and beside `other`, `(1, C, H, W)`."""
    beside_itself = _outputs(network, torch.cat([image, image]), seed)[0]
    beside_another = _outputs(network, torch.cat([image, other]), seed)[0]
    return torch.allclose(beside_itself, beside_another, rtol=0, atol=_TOLERANCE)


def _outputs(network: Forward, images: Tensor, seed: int) -> Tensor:
    """The outputs for each sub-pixel: `(B, P, C, H, W)`, finite."""
    torch.manual_seed(seed)
    result = outputs = network(images)
    if not isinstance(result, Tensor):
        raise ConfigError(f"the network returns a {type(result).__name__}; it must be one tensor.")
    channels, *size = images.shape[1:]
    if outputs.dim() == 4 and outputs.shape[1] % channels == 0:
        outputs = outputs.unflatten(1, (channels, -1)).transpose(1, 2)
    if outputs.dim() != 5 or (len(outputs), *outputs.shape[2:]) != (len(images), channels, *size):
        raise ConfigError(
            f"the network turns images {tuple(images.shape)} into {tuple(result.shape)}; it must "
            "be (batch, parameters, channels, height, width), or (batch, channels x parameters, "
            "height, width)."
        )
    if not outputs.isfinite().all():
        raise ConfigError("The network's outputs are not finite, so it cannot be tested.")
    return outputs
