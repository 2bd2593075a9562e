"""Measurements of the shipped models that the page Compare shows first.

`python -m pixelcnn.scores.recorded` measures again, which is needed when weights change. Until
then the page measures such a model itself: each record has the hash of its file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.system.arrays import read_npz
from pixelcnn.system.shipped import CHECKPOINTS

RECORDED = CHECKPOINTS / "scores" / "recorded.npz"
COMMAND = "python -m pixelcnn.scores.recorded"
PICTURES = 12


@dataclass(frozen=True, eq=False)
class Record:
    """Measurements of one model.

    Attributes:
        nats: of each of the `unseen_digits`, float32 `(500,)`.
        pictures: samples with the seeds 0, 1, 2 ..., and labels 0, 1, 2 ... if the model has
            classes: uint8 `(12, 1, H, W)`.
    """

    nats: NDArray[np.float32]
    pictures: NDArray[np.uint8]


def read_record(name: str, checkpoint: Path) -> Record | None:
    """The record of a checkpoint; None unless it was measured on this very file."""
    try:
        arrays = read_npz(RECORDED)
        if str(arrays[f"{name}/digest"]) != _digest(checkpoint):
            return None
        return Record(arrays[f"{name}/nats"], arrays[f"{name}/pictures"])
    except (DataError, OSError, KeyError):
        return None


@dataclass(frozen=True)
class Measure:
    """Measure all shipped models of black-and-white digits of 28 x 28 pixels.

    Attributes:
        output: the `.npz` to write.
    """

    output: Path = RECORDED

    def run(self) -> None:
        """Measure, write and print."""
        from pixelcnn.checkpoints.files import load_checkpoint, shipped

        arrays: dict[str, Any] = {}
        for checkpoint in shipped():
            config = checkpoint.header.config if checkpoint.header else {}
            if (config.get("levels"), config.get("height")) != (2, 28):
                continue
            record = measure(checkpoint.path)
            arrays[f"{checkpoint.name}/digest"] = np.array(_digest(checkpoint.path))
            arrays[f"{checkpoint.name}/nats"] = record.nats
            arrays[f"{checkpoint.name}/pictures"] = record.pictures
            _, card = load_checkpoint(checkpoint.path)
            nats = f"{record.nats.mean():.2f} nats, its card says {card['test_nats']}"
            print(f"{checkpoint.name}: {nats}")
        np.savez_compressed(self.output, **arrays)


def measure(checkpoint: Path) -> Record:
    import torch

    from pixelcnn.checkpoints.files import load_checkpoint
    from pixelcnn.film.grids import uniforms_of
    from pixelcnn.sampling.drawing import sample
    from pixelcnn.scores.paired import binarization
    from pixelcnn.scores.unseen import unseen_digits

    model, card = load_checkpoint(checkpoint)
    config = model.config
    images, labels = unseen_digits(config.levels, config.height, binarization(card))
    nats = []
    with torch.inference_mode():
        for indices in torch.arange(len(images)).split(20):
            given = labels[indices] if config.classes else None
            nats.append(-model.log_prob(images[indices], given))
    pictures = sample(
        model,
        PICTURES,
        labels=model.labels_in_turn(PICTURES),
        uniforms=uniforms_of(model, range(PICTURES)),
    )
    return Record(torch.cat(nats).numpy(), pictures.numpy())


def _digest(checkpoint: Path) -> str:
    return blake2b(checkpoint.read_bytes(), digest_size=16).hexdigest()


if __name__ == "__main__":
    from pixelcnn.system.command import run_command

    sys.exit(run_command(Measure, COMMAND))
