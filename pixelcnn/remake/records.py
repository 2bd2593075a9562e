"""What the page Compare shows first of the shipped models of black-and-white 28 x 28 digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from pixelcnn.checkpoints.files import load_checkpoint, shipped
from pixelcnn.film.grids import uniforms_of
from pixelcnn.sampling.drawing import sample
from pixelcnn.scores.paired import binarization
from pixelcnn.scores.recorded import Record
from pixelcnn.scores.unseen import unseen_digits

PICTURES = 12


def measured_records() -> Iterator[tuple[Path, Record]]:
    """A record of each model, one after another."""
    for one in shipped():
        config = one.header.config if one.header else {}
        if (config.get("levels"), config.get("height")) == (2, 28):
            yield one.path, measure(one.path)


def measure(checkpoint: Path) -> Record:
    """Measure one model."""
    model, card = load_checkpoint(checkpoint)
    config = model.config
    images, labels = unseen_digits(config.levels, config.height, binarization(card))
    nats = []
    with torch.inference_mode():
        for some in torch.arange(len(images)).split(20):
            nats.append(-model.log_prob(images[some], labels[some] if config.classes else None))
    pictures = sample(
        model,
        PICTURES,
        labels=model.labels_in_turn(PICTURES),
        uniforms=uniforms_of(model, range(PICTURES)),
    )
    return Record(torch.cat(nats).numpy(), pictures.numpy())
