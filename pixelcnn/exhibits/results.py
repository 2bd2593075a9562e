"""What the exhibits did when they were trained: read from one file, on screen without training.

`python -m pixelcnn.exhibits.train` measures it all again and writes the file. This module imports
no torch until counts are asked for.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.system.shipped import CHECKPOINTS

if TYPE_CHECKING:
    from pixelcnn.causality.reach import AuditReport

RESULTS = CHECKPOINTS / "exhibits.npz"
COMMAND = "python -m pixelcnn.exhibits.train"

_NUMBERS = ("loss", "loss_stderr", "alone", "alone_stderr")
_BITS = ("samples", "on_noise", "relation", "limit")
_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile)

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Measured:
    """One trained model, with a mistake or without.

    Attributes:
        loss: what it reports of the held-out images, in the mode that it is trained in: nats an
            image, or the squared error of an image where that is the mistake.
        loss_stderr: standard error of that mean, from the spread between images.
        alone: the same in evaluation mode, in which each image is by itself; it differs for batch
            normalisation only.
        alone_stderr: its standard error.
        samples: uint8 `(n, C, H, W)`, levels 0 and 1, drawn by the reference sampler.
        on_noise: the same with the same random numbers, on a canvas that was full of noise instead
            of empty. Who knows only what is drawn already draws the same picture again.
        relation: bool `(C, H, W, C, H, W)`: the target can depend on the source.
        limit: the same at unlimited depth; equal to `relation` where only trying could tell.
        tried: whether the relation was found by trying, since `audit` cannot follow the model.
    """

    loss: float
    loss_stderr: float
    alone: float
    alone_stderr: float
    samples: NDArray[np.uint8]
    on_noise: NDArray[np.uint8]
    relation: BoolArray
    limit: BoolArray
    tried: bool

    @property
    def ink(self) -> float:
        """Share of the sub-pixels that are ink in its samples, 0 to 1."""
        return float(self.samples.mean())

    @property
    def changed(self) -> float:
        """Share of the sub-pixels that came out differently on a canvas of noise, 0 to 1."""
        return float((self.samples != self.on_noise).mean())

    @property
    def report(self) -> AuditReport:
        """The counts."""
        from pixelcnn.causality.reach import AuditReport

        return AuditReport(self.relation, self.limit)

    @property
    def inside(self) -> tuple[tuple[int, int], ...]:
        """Which colour of a pixel sees which other one of the same pixel: (target, source)."""
        row, column = self.relation.shape[1] // 2, self.relation.shape[2] // 2
        pairs = np.argwhere(self.relation[:, row, column, :, row, column])
        return tuple((int(target), int(source)) for target, source in pairs)

    def pixels(self, colour: int = 0) -> tuple[BoolArray, BoolArray]:
        """What one colour of each pixel sees of each pixel in any colour, now and at any depth.

        Each is bool `(H, W, H, W)`: target, then source.
        """
        return self.relation[colour].any(axis=2), self.limit[colour].any(axis=2)


@dataclass(frozen=True, eq=False)
class ExhibitResults:
    """All exhibits, and the honest models that they are held against.

    Attributes:
        broken: by the name of the exhibit.
        honest: the honest twins, some of which serve several exhibits.
        twins: which one, by the name of the exhibit.
        about: how they were made: `date`, `seed`, `steps`, `held_out`, `size`, `command`, `torch`.
    """

    broken: Mapping[str, Measured]
    honest: Mapping[str, Measured]
    twins: Mapping[str, str]
    about: Mapping[str, Any]

    def twin(self, exhibit: str) -> Measured:
        """The honest model beside an exhibit."""
        return self.honest[self.twins[exhibit]]

    def to_npz(self) -> bytes:
        """A compressed `.npz`: pictures and relations as bits, all the rest as JSON."""
        arrays: dict[str, Any] = {}
        about: dict[str, Any] = {"about": dict(self.about), "twins": dict(self.twins)}
        for kind, models in (("broken", self.broken), ("honest", self.honest)):
            about[kind] = {}
            for name, one in models.items():
                about[kind][name] = {
                    **{number: getattr(one, number) for number in _NUMBERS},
                    "tried": one.tried,
                    "shape": one.samples.shape,
                }
                for bits in _BITS:
                    arrays[f"{kind}.{name}.{bits}"] = np.packbits(getattr(one, bits).astype(bool))
        arrays["json"] = np.array(json.dumps(about))
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        return file.getvalue()


def read_results(path: str | os.PathLike[str] | None = None) -> ExhibitResults:
    """Read what `ExhibitResults.to_npz` wrote: at `path`, or what comes with the lab.

    Raises:
        DataError: the file is missing, damaged, or something else.
    """
    path = RESULTS if path is None else Path(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["json"]))
            models = {
                kind: {
                    name: _measured(arrays, f"{kind}.{name}", fields)
                    for name, fields in about[kind].items()
                }
                for kind in ("broken", "honest")
            }
        results = ExhibitResults(**models, twins=about["twins"], about=about["about"])
        for name in results.broken:
            results.twin(name)
    except _DAMAGE as error:
        raise DataError(
            f"{path.name} cannot be read as results of the exhibits ({error}); make it again with "
            f"{COMMAND}, or get the complete project again."
        ) from error
    return results


def _measured(arrays: Mapping[str, Any], name: str, fields: Mapping[str, Any]) -> Measured:
    n, *shape = (int(side) for side in fields["shape"])

    def unpacked(bits: str, *shape: int) -> BoolArray:
        count = int(np.prod(shape))
        return np.unpackbits(arrays[f"{name}.{bits}"], count=count).astype(bool).reshape(shape)

    return Measured(
        **{number: float(fields[number]) for number in _NUMBERS},
        samples=unpacked("samples", n, *shape).astype(np.uint8),
        on_noise=unpacked("on_noise", n, *shape).astype(np.uint8),
        relation=unpacked("relation", *shape, *shape),
        limit=unpacked("limit", *shape, *shape),
        tried=bool(fields["tried"]),
    )
