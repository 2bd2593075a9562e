"""A film: samples as plain arrays, with all that is needed to show how they were drawn.

Neither torch nor a model is imported until one has to draw, so that a finished film is on screen at
once.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.system.arrays import npz_bytes, read_npz

if TYPE_CHECKING:
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.sampling.engines import Engine
    from pixelcnn.sampling.request import Progress, SampleOptions

_ABOUT = "about"
_NATS_PER_BIT = math.log(2)
# Per-image arrays of a film; a model without classes has no labels.
_PER_IMAGE = ("images", "probabilities", "entropy", "log_prob", "uniforms", "labels")


@dataclass(frozen=True, eq=False)
class Film:
    """Samples with the model's distribution at each sub-pixel; see `pixelcnn.sampling.Trace`.

    Attributes:
        images: uint8 `(n, C, H, W)`.
        probabilities: uint8 `(n, K, C, H, W)`, 255 for 1; K is 1 for two levels, else `levels`.
        entropy: float32 `(n, C, H, W)`, bits.
        log_prob: float32 `(n, C, H, W)`, nats: of the chosen level at temperature 1.
        uniforms: float32 `(n, C, H, W)`: the random numbers.
        labels: int64 `(n,)`; empty for a model without classes.
        receptive_field: bool `(H, W, H, W)`: target pixel, then source pixel.
        about: how the film was made: `model` (the architecture), `levels`, `n`, `label`,
            `temperature`, `guidance`, `seed`, `numbers` (the kind that drew it: with another
            kind other images come out), and anything its maker adds, such as `checkpoint`,
            the name of a shipped one.
    """

    images: NDArray[np.uint8]
    probabilities: NDArray[np.uint8]
    entropy: NDArray[np.float32]
    log_prob: NDArray[np.float32]
    uniforms: NDArray[np.float32]
    labels: NDArray[np.int64]
    receptive_field: NDArray[np.bool_]
    about: Mapping[str, Any]

    @property
    def levels(self) -> int:
        """Number of levels a sub-pixel can take."""
        return int(self.about["levels"])

    @property
    def command(self) -> str:
        """The command that draws these images, for a film of a shipped model."""
        label = "" if self.about["label"] is None else f" --label {self.about['label']}"
        return (
            f"python -m pixelcnn sample {self.about['checkpoint']} --n {self.about['n']}{label} "
            f"--temperature {self.about['temperature']} --seed {self.about['seed']} "
            "--output digits.png"
        )

    @property
    def bits(self) -> NDArray[np.float64]:
        """Surprise of each image, -log2 of its probability: `(n,)`."""
        nats = -self.log_prob.sum(axis=(1, 2, 3), dtype=np.float64)
        return nats / _NATS_PER_BIT

    @property
    def bits_per_pixel(self) -> NDArray[np.float64]:
        """`bits` divided by the pixels of an image: `(n,)`."""
        return self.bits / math.prod(self.images.shape[2:])

    @property
    def entropy_map(self) -> NDArray[np.float32]:
        """Entropy at each pixel in bits, summed over channels: `(n, H, W)`."""
        return self.entropy.sum(axis=1)

    @property
    def surprise_map(self) -> NDArray[np.float32]:
        """-log2 p of what was drawn at each pixel, summed over channels: bits, `(n, H, W)`.

        Sums to `bits` over an image.
        """
        return -self.log_prob.sum(axis=1) / np.float32(_NATS_PER_BIT)

    def only(self, index: int) -> Film:
        """The film of one image."""
        selected = slice(index, index + 1)
        return replace(self, **{name: getattr(self, name)[selected] for name in _PER_IMAGE})

    def to_npz(self) -> bytes:
        """The film as a compressed `.npz`; `about` is JSON in an array of text."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return npz_bytes(**arrays | {_ABOUT: np.array(json.dumps(dict(self.about)))})

    def to_png(self) -> bytes:
        """The finished images on one sheet, as a PNG file."""
        import torch

        from pixelcnn.data.images import sheet

        file = io.BytesIO()
        sheet(torch.from_numpy(self.images), self.levels).save(file, "PNG")
        return file.getvalue()


def read_film(path: str | os.PathLike[str]) -> Film:
    """Read the output of `Film.to_npz`.

    Raises:
        DataError: the file is missing, damaged, or not a film.
    """
    path = Path(path)
    try:
        arrays = read_npz(path)
        contents: dict[str, Any] = {field.name: arrays[field.name] for field in fields(Film)}
        contents[_ABOUT] = json.loads(str(contents[_ABOUT]))
    except (ValueError, KeyError) as error:
        raise DataError(
            f"{path.name} cannot be read as a film ({error}). Make it again, or get the complete "
            "project again."
        ) from error
    return Film(**contents)


def draw_film(
    model: AutoregressiveModel,
    n: int,
    *,
    label: int | None = None,
    temperature: float = 1.0,
    guidance: float = 0.0,
    seed: int = 0,
    engine: str | Engine = "auto",
    receptive_field: NDArray[np.bool_] | None = None,
    about: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Film:
    """Draw n images as a film.

    Args:
        model: any model of the registry.
        n: number of images.
        label: the class to draw; None for all classes in turn.
        temperature, guidance, seed, engine, progress: as for `pixelcnn.sample`.
        receptive_field: of the model, if known, since it takes a second to compute.
        about: further facts about the film.

    Raises:
        ConfigError, DataError: as for `pixelcnn.sample`.
    """
    from pixelcnn.sampling.request import SampleOptions

    options = SampleOptions(
        labels=model.labels_in_turn(n, label),
        temperature=temperature,
        guidance=guidance,
        seed=seed,
        progress=progress,
    )
    facts = {"n": n, "label": label, "seed": seed, **(about or {})}
    return film_of(model, n, options, engine, receptive_field, facts)


def film_of(
    model: AutoregressiveModel,
    n: int,
    options: SampleOptions,
    engine: str | Engine,
    receptive_field: NDArray[np.bool_] | None,
    about: Mapping[str, Any],
) -> Film:
    """What `pixelcnn.sample` draws with these options, as a film."""
    from pixelcnn.causality import reach
    from pixelcnn.sampling.drawing import traced
    from pixelcnn.sampling.engines import NUMBERS

    if receptive_field is None:
        receptive_field = reach.receptive_field(model)
    trace = traced(model, n, options, engine)
    return Film(
        images=trace.images.numpy(),
        probabilities=trace.probabilities.numpy(),
        entropy=trace.entropy.numpy(),
        log_prob=trace.log_prob.numpy(),
        uniforms=trace.uniforms.numpy(),
        labels=np.zeros(0, np.int64) if options.labels is None else options.labels.numpy(),
        receptive_field=receptive_field,
        about={
            "model": model.name,
            "levels": model.config.levels,
            "temperature": options.temperature,
            "guidance": options.guidance,
            "numbers": NUMBERS,
            **about,
        },
    )


def join(films: Sequence[Film]) -> Film:
    """Several films of one model as one; `about` comes from the first."""
    together: dict[str, Any] = {
        name: np.concatenate([getattr(film, name) for film in films]) for name in _PER_IMAGE
    }
    return replace(films[0], **together)
