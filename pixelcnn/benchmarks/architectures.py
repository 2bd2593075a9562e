"""Compares all architectures: size, speed, receptive field, and nats after a fixed budget.

Unlike `timing.py` this does not alternate between candidates, so speeds that differ by a few
percent mean nothing. Every architecture gets the same recipe (that of `TrainConfig`), which may not
be its best.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from pixelcnn.causality.reach import receptive_field
from pixelcnn.data.dataset import DataSet
from pixelcnn.errors import LabError
from pixelcnn.metrics import evaluate
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.parameters import count_parameters
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import make_engine
from pixelcnn.system.checks import check_name, check_whole
from pixelcnn.training.config import ONLY_TRAINING, TrainConfig
from pixelcnn.training.events import Step
from pixelcnn.training.trainer import Trainer

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and a short text."""

_DRAWINGS = 3


@dataclass(frozen=True)
class ArchitectureResult:
    """One architecture at one preset, without classes. NaN where not measured.

    Attributes:
        model: name of the architecture.
        preset: its named configuration.
        parameters: number of weights.
        seen: pixels that the centre pixel's distribution can depend on.
        legal: number of pixels before the centre pixel, on which it may depend.
        images_per_second: training speed, from the median time of a step.
        nats: mean negative log-likelihood of all held-out images after the budget.
        nats_stderr: its standard error.
        ms_per_image: time to draw one image of a batch, median of three drawings.
        engine: that drew them.
        error: what failed, in sentences; empty if nothing did.
    """

    model: str
    preset: str
    parameters: int
    seen: float = math.nan
    legal: float = math.nan
    images_per_second: float = math.nan
    nats: float = math.nan
    nats_stderr: float = math.nan
    ms_per_image: float = math.nan
    engine: str = ""
    error: str = ""

    @property
    def seen_percent(self) -> float:
        """Share of the legal pixels that the centre pixel sees, 0 to 100."""
        return 100 * self.seen / self.legal


def measure_architecture(
    name: str,
    preset: str,
    data: DataSet,
    *,
    steps: int = 200,
    batch: int = 64,
    drawn: int = 16,
    seed: int = 0,
    progress: Progress | None = None,
) -> ArchitectureResult:
    """Build, train, score and sample one architecture on the CPU.

    If a part fails (a diverging training, an unsupported engine), the other figures are still
    measured.

    Args:
        name: an architecture.
        preset: one of its named configurations.
        data: trained on, and scored on its test images.
        steps: training budget.
        batch: images per step.
        drawn: images drawn together.
        seed: of the weights and of training.
        progress: called with the training's progress.

    Raises:
        ConfigError: an unknown architecture or preset, or an invalid number.
    """
    known = presets(name)
    check_name("preset", preset, known, to=name)
    check_whole("drawn", drawn, 1)
    config = TrainConfig(
        steps=steps,
        batch_size=batch,
        seed=seed,
        device="cpu",
        held_out=1,
        **ONLY_TRAINING,
    )
    torch.manual_seed(seed)
    size = {"levels": data.levels, "channels": data.channels}
    size |= {"height": data.height, "width": data.width}
    model = build_model(name, **size, **known[preset])
    measured: dict[str, Any] = {}
    errors = []
    for part in (
        lambda: _view(model),
        lambda: _training(model, data, config, progress),
        lambda: _drawing(model, drawn),
    ):
        try:
            measured |= part()
        except LabError as error:
            errors.append(str(error))
    parameters = count_parameters(model).stored
    return ArchitectureResult(name, preset, parameters, **measured, error=" ".join(errors))


def _view(model: AutoregressiveModel) -> dict[str, Any]:
    row, column = model.config.height // 2, model.config.width // 2
    legal = row * model.config.width + column
    # With colours, the pixel itself is also seen: its G sees its R.
    earlier = receptive_field(model, (row, column)).flatten()[:legal]
    return {"seen": int(earlier.sum()), "legal": legal}


def _training(
    model: AutoregressiveModel, data: DataSet, config: TrainConfig, progress: Progress | None
) -> dict[str, Any]:
    seconds = list(_step_seconds(Trainer(model, data, config), progress))
    score = evaluate(model, data.test.images)
    batch = min(config.batch_size, len(data.train.images))
    return {
        "images_per_second": batch / statistics.median(seconds),
        "nats": score.nats,
        "nats_stderr": score.nats_stderr,
    }


def _step_seconds(trainer: Trainer, progress: Progress | None) -> Iterator[float]:
    """Train, and measure each step from the outside."""
    start = time.perf_counter()
    for event in trainer:
        if isinstance(event, Step):
            yield time.perf_counter() - start
            if progress is not None:
                progress(trainer.progress, f"step {event.step}: {event.nats:.1f} nats")
        start = time.perf_counter()


def _drawing(model: AutoregressiveModel, count: int) -> dict[str, Any]:
    engine = make_engine(model)
    seconds = []
    for _ in range(1 + _DRAWINGS):
        start = time.perf_counter()
        sample(model, count, seed=0, engine=engine)
        seconds.append(time.perf_counter() - start)
    # The first drawing only warms up caches.
    return {
        "ms_per_image": 1000 * statistics.median(seconds[1:]) / count,
        "engine": engine.name,
    }
