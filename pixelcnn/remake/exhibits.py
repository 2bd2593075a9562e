"""Trains each exhibit and its correct twin, and measures both.

All models are tiny and get the same few hundred steps on the same 14 x 14 digits, on one thread:
only the difference between twins counts, not how good either is.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import torch
from torch import Tensor

from pixelcnn.causality.perturbation import Network, perturbation_relation
from pixelcnn.causality.reach import audit
from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError
from pixelcnn.exhibits.catalogue import EXHIBITS, Exhibit
from pixelcnn.exhibits.results import BoolArray, ExhibitResults, Measured
from pixelcnn.metrics import Evaluation, evaluate
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.remake.card import command
from pixelcnn.sampling.reference import ReferenceEngine
from pixelcnn.sampling.request import SampleOptions, make_request
from pixelcnn.training.config import ONLY_TRAINING, TrainConfig
from pixelcnn.training.trainer import train

SIZE = 14
HELD_OUT = 250
SAMPLES = 16
# 24 channels are divisible by 3 colours and by 4 attention heads.
OPTIONS = {"height": SIZE, "width": SIZE, "hidden_channels": 24, "blocks": 3}
_BATCH = 25
_SPAN = (-1.0, 1.0)


def measured_exhibits(
    steps: int, seed: int, tell: Callable[[str], None] = lambda line: None
) -> ExhibitResults:
    """Train and measure all exhibits and their twins.

    Args:
        steps: training steps of each model.
        seed: of initial weights, batches and samples.
        tell: called with a line for each model.
    """
    torch.set_num_threads(1)
    grey = load_data("mnist5k", levels=2, size=SIZE, binarize="threshold")
    data = {1: grey, 3: coloured(grey, seed)}

    def carried_out(exhibit: Exhibit, name: str, *, honest: bool) -> Measured:
        digits = data[exhibit.options.get("channels", 1)]
        model = _trained(exhibit, digits, steps, seed, honest=honest)
        return _measured(model, digits, seed, tell, name)

    broken: dict[str, Measured] = {}
    honest: dict[str, Measured] = {}
    for name, exhibit in EXHIBITS.items():
        twin = twin_name(exhibit)
        if twin not in honest:
            honest[twin] = carried_out(exhibit, twin, honest=True)
        broken[name] = carried_out(exhibit, name, honest=False)
    return ExhibitResults(
        broken=broken,
        honest=honest,
        twins={name: twin_name(exhibit) for name, exhibit in EXHIBITS.items()},
        about={
            "date": date.today().isoformat(),
            "seed": seed,
            "steps": steps,
            "held_out": HELD_OUT,
            "size": SIZE,
            "command": command("exhibits", steps=steps, seed=seed),
            "torch": torch.__version__,
        },
    )


def _trained(
    exhibit: Exhibit, data: DataSet, steps: int, seed: int, *, honest: bool
) -> AutoregressiveModel:
    torch.manual_seed(seed)
    model = exhibit.build(honest=honest, **OPTIONS)
    config = TrainConfig(
        steps=steps,
        seed=seed,
        held_out=_BATCH,
        precision="float32",
        device="cpu",
        threads=1,
        **ONLY_TRAINING,
    )
    for _ in train(model, data, config):
        pass
    return model


def _measured(
    model: AutoregressiveModel, data: DataSet, seed: int, tell: Callable[[str], None], name: str
) -> Measured:
    start = time.monotonic()
    held_out = data.test.images[:HELD_OUT]
    loss, alone = while_training(model, held_out), evaluate(model, held_out)
    samples, on_noise = drawn(model.eval(), seed)
    relation, limit, tried = _relations(model)
    tell(
        f"{name}: {loss.nats:.2f} while training, {alone.nats:.2f} alone; "
        f"{samples.float().mean():.1%} ink; measured in {time.monotonic() - start:.0f} s"
    )
    return Measured(
        loss=loss.nats,
        loss_stderr=loss.nats_stderr,
        alone=alone.nats,
        alone_stderr=alone.nats_stderr,
        samples=samples.numpy(),
        on_noise=on_noise.numpy(),
        relation=relation,
        limit=limit,
        tried=tried,
    )


def twin_name(exhibit: Exhibit) -> str:
    """The name of the correct model; exhibits with the same one share it."""
    colours = exhibit.options.get("channels", 1)
    return exhibit.honest.name if colours == 1 else f"{exhibit.honest.name}, {colours} colours"


def coloured(data: DataSet, seed: int) -> DataSet:
    """The same digits, each in one of the seven mixtures of red, green and blue ink.

    Args:
        data: with one channel and two levels.
        seed: of the colours.
    """
    generator = torch.Generator().manual_seed(seed)

    def painted(split: Split) -> Split:
        mixture = torch.randint(1, 8, (len(split.images), 1, 1, 1), generator=generator)
        inks = mixture >> torch.arange(3).view(1, 3, 1, 1) & 1  # (N, 3, 1, 1)
        return Split((split.images * inks).to(torch.uint8), split.labels)

    return replace(
        data,
        name=f"{data.name} in colour",
        train=painted(data.train),
        test=painted(data.test),
    )


def while_training(model: AutoregressiveModel, images: Tensor) -> Evaluation:
    """The score that the training loop would report for images `(N, C, H, W)`, in small batches."""
    # A copy, since batch normalisation would add the images to its statistics.
    copied = copy.deepcopy(model).train()
    with torch.inference_mode():
        scores = [-copied.log_prob(batch, None) for batch in images.split(_BATCH)]
    return Evaluation.of(torch.cat(scores), images[0].numel())


def drawn(model: AutoregressiveModel, seed: int) -> tuple[Tensor, Tensor]:
    """Samples on an empty canvas, and on one of noise: uint8 `(SAMPLES, C, H, W)` each.

    Both use the same random numbers, so a model that sees only what it has drawn gives equal
    images.
    """
    empty = make_request(model, SAMPLES, SampleOptions(seed=seed))
    generator = torch.Generator().manual_seed(seed + 1)
    noise = torch.randint(2, empty.images.shape, generator=generator, dtype=torch.uint8)
    engine = ReferenceEngine(model)
    return engine.run(empty), engine.run(replace(empty, images=noise))


def _relations(model: AutoregressiveModel) -> tuple[BoolArray, BoolArray, bool]:
    """The relation, the same at any depth, and whether perturbation was needed to find it."""
    try:
        report = audit(model)
    except ConfigError:
        config = model.config
        shape = (config.channels, config.height, config.width)
        relation = perturbation_relation(Network(model.train()), shape, config.levels, span=_SPAN)
        return relation, relation, True
    return report.relation, report.limit, False
