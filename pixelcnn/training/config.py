"""The options of training, and what follows from them by arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_choice, check_whole

Optimizer = Literal["adamw", "adam", "rmsprop", "muon"]
Schedule = Literal["cosine", "constant"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16"]

_CHOICES = {
    "optimizer": get_args(Optimizer),
    "schedule": get_args(Schedule),
    "device": get_args(Device),
    "precision": get_args(Precision),
}
ONLY_TRAINING: Mapping[str, Any] = {
    "evaluate_every": 0,
    "sample_every": 0,
    "save_every": 0,
    "samples": 0,
}
"""Options for a training without scores, samples or files on the way."""

# (low, high) of the whole numbers, then of the real numbers.
_WHOLE = {
    "steps": (1, 10**9),
    "batch_size": (1, 65536),
    "evaluate_every": (0, 10**9),
    "sample_every": (0, 10**9),
    "save_every": (0, 10**9),
    "samples": (0, 1024),
    "held_out": (1, 10**9),
    "seed": (0, 2**32 - 1),
    "threads": (1, 1024),
}
_REAL = {
    "seconds": (1e-3, 1e9),
    "learning_rate": (1e-12, 1e12),
    "warmup": (0.0, 1.0),
    "weight_decay": (0.0, 1.0),
    "beta2": (0.0, 0.999999),
    "gradient_clip": (1e-6, 1e9),
    "ema": (0.0, 0.99999),
}
_MAY_BE_NONE = ("steps", "seconds", "gradient_clip", "threads")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train. The defaults learn readable digits in 20 to 60 seconds on two cores.

    Attributes:
        steps: budget in optimizer steps. Give `steps`, `seconds` or both; training ends with
            whichever is used up first.
        seconds: budget in seconds of training, evaluating and sampling; time that the consumer of
            the events takes does not count.
        batch_size: images a step.
        learning_rate: the peak, after warm-up.
        optimizer: `adamw`, `adam`, `rmsprop` (used by van den Oord et al. 2016a, section 5.2) or
            `muon` (see `muon.py`), which needs about half as many steps for the same score.
        warmup: share of the budget in which the learning rate rises from a tenth to its peak.
        schedule: after warm-up, `cosine` (down to nearly 0 at the end) or `constant`.
        weight_decay: share of each weight taken off per step, times the learning rate; `adam` and
            `rmsprop` add it to the gradient instead, before they scale it.
        beta2: decay of the running mean of squared gradients.
        gradient_clip: longest gradient, in the unit of `Step.gradient_norm`; None for no limit.
        ema: decay of the moving average of the weights, such as 0.999, which is then evaluated,
            sampled and kept; 0 for no average. See `ema.py`.
        evaluate_every: steps between evaluations on held-out images; 0 for only at the end.
        sample_every: steps between samples; 0 for only at the end.
        save_every: steps between saved states; 0 for only at the end.
        samples: images drawn each time, always from the same random numbers; 0 for none.
        held_out: number of test images, from the first on, for evaluation during training.
        seed: of the order of batches, of dynamic binarisation and of the samples.
        precision: of the convolutions: `bfloat16`, `float32`, or `auto` for the faster one here.
        device: `auto` for CUDA, else MPS, else the CPU.
        threads: CPU threads of this process; None keeps PyTorch's default.
    """

    steps: int | None = None
    seconds: float | None = None
    batch_size: int = 32
    learning_rate: float = 4e-3
    optimizer: Optimizer = "adamw"
    warmup: float = 0.15
    schedule: Schedule = "cosine"
    weight_decay: float = 1e-4
    beta2: float = 0.95
    gradient_clip: float | None = 5.0
    ema: float = 0.0
    evaluate_every: int = 200
    sample_every: int = 100
    save_every: int = 200
    samples: int = 8
    held_out: int = 500
    seed: int = 0
    precision: Precision = "auto"
    device: Device = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name in _MAY_BE_NONE:
                continue
            _check(field.name, value)
        if self.steps is None and self.seconds is None:
            raise ConfigError("steps and seconds are both missing; set one of them.")

    def progress(self, step: int, elapsed_s: float) -> float:
        """The share of the budget used up, 0 to 1."""
        steps_share = 0.0 if self.steps is None else step / self.steps
        seconds_share = 0.0 if self.seconds is None else elapsed_s / self.seconds
        return min(1.0, max(steps_share, seconds_share))


def _check(option: str, value: object) -> None:
    if option in _CHOICES:
        check_choice(option, value, _CHOICES[option])
    elif option in _WHOLE:
        check_whole(option, value, *_WHOLE[option])
    else:
        low_real, high_real = _REAL[option]
        real = isinstance(value, int | float) and not isinstance(value, bool)
        # Written so that NaN, which compares false with everything, fails the check.
        if not real or not low_real <= value <= high_real:  # type: ignore[operator]
            raise ConfigError(
                f"{option} = {value!r} is not a number from {low_real:g} to {high_real:g}."
            )
