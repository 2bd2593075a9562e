"""Training options: invalid values, the schedule, its progress, the device."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, strategies as st

from pixelcnn.errors import ConfigError
from pixelcnn.system.devices import choose_device, choose_precision
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.schedule import learning_rate_at

# Options


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "steps and seconds"),
        ({"steps": 0}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"steps": True}, "steps"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": math.nan}, "seconds"),
        ({"seconds": math.inf}, "seconds"),
        ({"steps": 1, "batch_size": 0}, "batch_size"),
        ({"steps": 1, "batch_size": "32"}, "batch_size"),
        ({"steps": 1, "learning_rate": 0}, "learning_rate"),
        ({"steps": 1, "learning_rate": -1e-3}, "learning_rate"),
        ({"steps": 1, "learning_rate": None}, "learning_rate"),
        ({"steps": 1, "learning_rate": True}, "learning_rate"),
        ({"steps": 1, "warmup": 1.1}, "warmup"),
        ({"steps": 1, "beta2": 1}, "beta2"),
        ({"steps": 1, "gradient_clip": 0}, "gradient_clip"),
        ({"steps": 1, "weight_decay": -1}, "weight_decay"),
        ({"steps": 1, "evaluate_every": -1}, "evaluate_every"),
        ({"steps": 1, "samples": 5000}, "samples"),
        ({"steps": 1, "held_out": 0}, "held_out"),
        ({"steps": 1, "seed": -1}, "seed"),
        ({"steps": 1, "threads": 0}, "threads"),
        ({"steps": 1, "optimizer": "sgd"}, "'adamw', 'adam', 'rmsprop', 'muon'"),
        ({"steps": 1, "ema": 1}, "ema"),
        ({"steps": 1, "ema": -0.1}, "ema"),
        ({"steps": 1, "schedule": "linear"}, "'cosine', 'constant'"),
        ({"steps": 1, "precision": "float16"}, "'bfloat16'"),
        ({"steps": 1, "device": "tpu"}, "'cuda'"),
    ],
)
def test_an_invalid_option_is_named_at_once(options, named):
    with pytest.raises(ConfigError, match=named):
        TrainConfig(**options)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["cosine", "constant"]))
def test_the_learning_rate_rises_to_its_peak_then_never_rises_again(first, second, warmup, name):
    config = TrainConfig(steps=1, warmup=warmup, schedule=name, learning_rate=1.0)
    early, late = sorted((first, second))
    assert 0 < learning_rate_at(config, late) <= 1
    if late <= warmup:
        assert learning_rate_at(config, early) <= learning_rate_at(config, late)
    elif early >= warmup:
        assert learning_rate_at(config, early) >= learning_rate_at(config, late)


def test_the_schedule_ends_near_zero_or_stays_at_the_peak():
    config = TrainConfig(steps=1, learning_rate=1.0, warmup=0.25)
    assert learning_rate_at(config, 0) == pytest.approx(0.1)
    assert learning_rate_at(config, 0.25) == 1
    assert learning_rate_at(config, 1) == pytest.approx(0.002)
    assert learning_rate_at(replace(config, schedule="constant"), 1) == 1
    assert learning_rate_at(replace(config, warmup=0.0), 0) == 1


def test_progress_is_the_larger_share_of_the_two_budgets():
    both = TrainConfig(steps=100, seconds=10)
    assert both.progress(50, 2) == 0.5
    assert both.progress(10, 9) == 0.9
    assert both.progress(200, 1) == 1
    assert TrainConfig(steps=4).progress(1, 1e9) == 0.25
    assert TrainConfig(seconds=8).progress(10**6, 2) == 0.25


# Devices


def test_a_missing_device_is_an_error_and_auto_finds_one():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    for name in ("cuda", "mps"):
        backend = torch.cuda if name == "cuda" else torch.backends.mps
        if not backend.is_available():
            with pytest.raises(ConfigError, match="'cpu'"):
                choose_device(name)


def test_precision_is_as_requested_or_measured():
    cpu = torch.device("cpu")
    assert choose_precision("float32", cpu) == torch.float32
    assert choose_precision("bfloat16", cpu) == torch.bfloat16
    assert choose_precision("auto", cpu) in (torch.float32, torch.bfloat16)
    assert choose_precision("auto", torch.device("mps")) == torch.float32
