"""The measured results of the exhibits, read from one shipped file.

`python -m pixelcnn remake exhibits` measures them again. This module does not import torch until
counts are needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.system.arrays import npz_bytes, read_npz
from pixelcnn.system.shipped import RESULTS

if TYPE_CHECKING:
    from pixelcnn.causality.reach import AuditReport


_NUMBERS = ("loss", "loss_stderr", "alone", "alone_stderr")
_BITS = ("samples", "on_noise", "relation", "limit")

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Measured:
    """One trained model, with a mistake or without.

    Attributes:
        loss: reported for the held-out images in training mode: nats per image, or the squared
            error where that is the mistake.
        loss_stderr: standard error of that mean, from the spread between images.
        alone: the same in evaluation mode, where images do not affect each other; differs for batch
            normalisation only.
        alone_stderr: its standard error.
        samples: uint8 `(n, C, H, W)`, levels 0 and 1, drawn by the reference sampler.
        on_noise: the same with the same random numbers, but starting from a canvas of noise. A
            causal model draws the same images again.
        relation: bool `(C, H, W, C, H, W)`: the target can depend on the source.
        limit: the same at unlimited depth; equal to `relation` if `tried`.
        tried: whether the relation was found by perturbation, since `audit` cannot trace the model.
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
        """Share of inked sub-pixels in its samples, 0 to 1."""
        return float(self.samples.mean())

    @property
    def changed(self) -> float:
        """Share of sub-pixels that differ on a canvas of noise, 0 to 1."""
        return float((self.samples != self.on_noise).mean())

    @property
    def report(self) -> AuditReport:
        """The counts."""
        from pixelcnn.causality.reach import AuditReport

        return AuditReport(self.relation, self.limit)

    @property
    def inside(self) -> tuple[tuple[int, int], ...]:
        """The pairs of colours of one pixel where one sees the other: (target, source)."""
        row, column = self.relation.shape[1] // 2, self.relation.shape[2] // 2
        pairs = np.argwhere(self.relation[:, row, column, :, row, column])
        return tuple((int(target), int(source)) for target, source in pairs)

    def pixels(self, colour: int = 0) -> tuple[BoolArray, BoolArray]:
        """The pixels that one colour of each pixel sees, in any colour: now and at any depth.

        Each is bool `(H, W, H, W)`: target, then source.
        """
        return self.relation[colour].any(axis=2), self.limit[colour].any(axis=2)


@dataclass(frozen=True, eq=False)
class ExhibitResults:
    """All exhibits and their correct twins.

    Attributes:
        broken: by name of the exhibit.
        honest: the correct twins, some of which serve several exhibits.
        twins: name of the twin, by name of the exhibit.
        about: how they were made: `date`, `seed`, `steps`, `held_out`, `size`, `command`, `torch`.
    """

    broken: Mapping[str, Measured]
    honest: Mapping[str, Measured]
    twins: Mapping[str, str]
    about: Mapping[str, Any]

    def twin(self, exhibit: str) -> Measured:
        """The correct twin of an exhibit."""
        return self.honest[self.twins[exhibit]]

    def to_npz(self) -> bytes:
        """A compressed `.npz`: images and relations as bits, everything else as JSON."""
        arrays: dict[str, Any] = {}
        about: dict[str, Any] = {"about": dict(self.about), "twins": dict(self.twins)}
        for kind, models in (("broken", self.broken), ("honest", self.honest)):
            about[kind] = {}
            for name, measured in models.items():
                about[kind][name] = {
                    **{field: getattr(measured, field) for field in _NUMBERS},
                    "tried": measured.tried,
                    "shape": measured.samples.shape,
                }
                for bits in _BITS:
                    arrays[f"{kind}.{name}.{bits}"] = np.packbits(
                        getattr(measured, bits).astype(bool)
                    )
        return npz_bytes(json=np.array(json.dumps(about)), **arrays)


def read_results(path: str | os.PathLike[str] | None = None) -> ExhibitResults:
    """Read the output of `ExhibitResults.to_npz`, at `path` or the shipped one.

    Raises:
        DataError: the file is missing, damaged, or of another kind.
    """
    path = RESULTS if path is None else Path(path)
    try:
        arrays = read_npz(path)
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
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path.name} cannot be read as results of the exhibits ({error}). Make it again with "
            "`python -m pixelcnn remake exhibits`, or get the complete project again."
        ) from error
    return results


def _measured(arrays: Mapping[str, Any], name: str, fields: Mapping[str, Any]) -> Measured:
    n, *shape = (int(side) for side in fields["shape"])

    def unpacked(bits: str, *shape: int) -> BoolArray:
        count = int(np.prod(shape))
        return np.unpackbits(arrays[f"{name}.{bits}"], count=count).astype(bool).reshape(shape)

    return Measured(
        **{field: float(fields[field]) for field in _NUMBERS},
        samples=unpacked("samples", n, *shape).astype(np.uint8),
        on_noise=unpacked("on_noise", n, *shape).astype(np.uint8),
        relation=unpacked("relation", *shape, *shape),
        limit=unpacked("limit", *shape, *shape),
        tried=bool(fields["tried"]),
    )
