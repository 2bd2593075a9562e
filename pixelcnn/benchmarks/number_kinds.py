"""What products of 16-bit integers cost a model, and what they save, beside float32.

Both are the portable form of the same weights. A difference in nats is taken image by image, so
that its error is far smaller than that of either figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.data.dataset import Split
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.wasm.executor import Executor, Shape
from pixelcnn.sampling.wasm.portable import Portable, portable
from pixelcnn.sampling.wasm.sixteen_bits import sixteen_bits

_TOGETHER = 16
_SEED = 1

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class NumberKinds:
    """One model in both kinds of numbers.

    Attributes:
        model: its name.
        images: test images that were scored.
        float32_nats: mean negative log-likelihood, nats an image.
        difference_nats: by how much that of 16-bit products is higher, the mean over images.
        difference_stderr: the standard error of that mean.
        largest_nats: the largest difference of a single image, without its sign.
        drawn: images drawn from equal uniform numbers.
        equal: how many of them came out the same in both kinds.
        float32_bytes: size of the portable form.
        sixteen_bytes: size of the portable form.
        float32_ms: processor time to draw an image, in batches of 16.
        sixteen_ms: processor time to draw an image, in batches of 16.
    """

    model: str
    images: int
    float32_nats: float
    difference_nats: float
    difference_stderr: float
    largest_nats: float
    drawn: int
    equal: int
    float32_bytes: int
    sixteen_bytes: int
    float32_ms: float
    sixteen_ms: float


def compare_number_kinds(
    name: str,
    model: AutoregressiveModel,
    split: Split,
    *,
    limit: int = 10_000,
    drawn: int = 200,
    progress: Progress | None = None,
) -> NumberKinds:
    """Score test images and draw some with float32 and with 16-bit products.

    Args:
        name: of the model.
        model: in evaluation mode.
        split: test images with their labels.
        limit: how many of them, from the first one on.
        drawn: images to draw with each kind.
        progress: called with (images done, images in all).

    Raises:
        ConfigError: fewer than two images, or a model that the executor cannot run.
    """
    images = split.images[:limit].numpy()
    if len(images) < 2 or drawn < 1:
        raise ConfigError("Two images to score and one to draw are the least to compare with.")
    labels = split.labels[:limit].numpy().astype(np.int32) if model.config.classes else None
    exact, rounded = portable(model), sixteen_bits(model)
    executors = [Executor(exact), Executor(rounded)]
    batches = [slice(n, n + _TOGETHER) for n in range(0, len(images), _TOGETHER)]
    nats: list[list[NDArray[np.float64]]] = [[], []]
    for number, part in enumerate(batches):
        for executor, found in zip(executors, nats, strict=True):
            found.append(_nats(executor, images[part], None if labels is None else labels[part]))
        if progress is not None:
            progress(number + 1, len(batches))
    float32, sixteen = (np.concatenate(found) for found in nats)
    differences = sixteen - float32
    (first, float32_ms), (second, sixteen_ms) = (_draw(model, e, drawn) for e in executors)
    return NumberKinds(
        model=name,
        images=len(images),
        float32_nats=float(float32.mean()),
        difference_nats=float(differences.mean()),
        difference_stderr=float(differences.std(ddof=1) / np.sqrt(len(differences))),
        largest_nats=float(np.abs(differences).max()),
        drawn=drawn,
        equal=int((first == second).reshape(drawn, -1).all(axis=1).sum()),
        float32_bytes=_size(exact),
        sixteen_bytes=_size(rounded),
        float32_ms=float32_ms,
        sixteen_ms=sixteen_ms,
    )


def _size(program: Portable) -> int:
    return len(program.data)


def _nats(
    executor: Executor, images: NDArray[np.uint8], labels: NDArray[np.int32] | None
) -> NDArray[np.float64]:
    """Negative log-likelihood of each image, `(n,)`: all rows at once, since all are given."""
    executor.prepare(Shape(len(images)))
    executor.options(1.0, 0.0, log_probs=True)
    executor.array("images")[:] = images
    executor.array("known")[:] = 1
    if labels is not None:
        executor.array("labels")[:] = labels
    executor.begin()
    executor.rows(0, 0, executor.header["height"])
    return -executor.array("log_probs").astype(np.float64).sum(axis=(1, 2, 3))


def _draw(
    model: AutoregressiveModel, executor: Executor, count: int
) -> tuple[NDArray[np.uint8], float]:
    """Images, and the processor time of each in milliseconds."""
    config = model.config
    uniforms = np.random.default_rng(_SEED).random((count, *config.image_shape), np.float32)
    labels = model.labels_in_turn(count)
    images: list[NDArray[np.uint8]] = []
    seconds = 0.0
    for start in range(0, count, _TOGETHER):
        part = slice(start, min(start + _TOGETHER, count))
        executor.prepare(Shape(part.stop - part.start))
        executor.options(1.0, 0.0)
        executor.array("known")[:] = 0
        executor.array("images")[:] = 0
        executor.array("uniforms")[:] = uniforms[part]
        if labels is not None:
            executor.array("labels")[:] = labels[part].numpy()
        begun = time.process_time()
        executor.begin()
        executor.rows(0, 0, executor.header["height"])
        seconds += time.process_time() - begun
        images.append(executor.array("images").copy())
    return np.concatenate(images), 1000 * seconds / count
