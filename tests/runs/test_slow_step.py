"""A step in slow motion is a step of the trainer, with the network's own values."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.data.registry import load_data
from pixelcnn.recipes.build import build_run_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.slow_step import slow_step
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.schedule import learning_rate_at
from pixelcnn.training.setup import level_frequencies
from pixelcnn.training.trainer import Trainer

CONFIG = RunConfig(
    model_options={"hidden_channels": 8, "blocks": 2, "position": True},
    conditional=True,
    data="digits8x8",
    train=TrainConfig(steps=40, batch_size=4, precision="float32", held_out=5, samples=0, seed=1),
)


@pytest.mark.parametrize("begun", [0, 10])
@pytest.mark.parametrize("clip", [None, 0.01])
def test_it_is_the_trainer_s_own_step_on_that_image(begun: int, clip: float | None) -> None:
    config = replace(CONFIG, train=replace(CONFIG.train, gradient_clip=clip))
    data = load_data("digits8x8")
    image, label = data.test.images[3:4], data.test.labels[3:4]
    state = None
    if begun:
        trained = Trainer(build_run_model(config, data), data, replace(config.train, steps=begun))
        list(trained)
        state = trained.state()
    slow = slow_step(config, data, image, label, state=state, progress=begun / 40)

    split = Split(image, label)
    alone = DataSet("one", 2, "threshold", split, split, class_names=data.class_names)
    model = build_run_model(config, data)
    if state is None:
        model.initialize(level_frequencies(data.train.images, 2))
    rate = learning_rate_at(config.train, begun / 40)
    train = replace(
        config.train,
        steps=begun + 1,
        batch_size=1,
        learning_rate=rate,
        warmup=0,
        schedule="constant",
    )
    trainer = Trainer(model, alone, train, resume=state)
    old = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    nats = -model.log_prob(image, label)
    gradients = dict(zip(old, torch.autograd.grad(nats.sum(), model.parameters()), strict=True))
    list(trainer)

    assert slow.step == begun
    assert slow.learning_rate == pytest.approx(rate)
    assert slow.bits.sum() * math.log(2) == pytest.approx(nats.item(), rel=1e-4)
    after = -model.log_prob(image, label).item()
    assert slow.bits_after.sum() * math.log(2) == pytest.approx(after, rel=1e-4)
    assert after < nats.item()
    output = next(layer for layer in slow.layers if layer.name == "output")
    names = [name for name in old if name.startswith("_output")]
    length = math.sqrt(sum(gradients[name].square().sum().item() for name in names))
    assert output.gradient == pytest.approx(length, rel=1e-3)
    new = dict(model.named_parameters())
    change = math.sqrt(sum((new[name] - old[name]).square().sum().item() for name in names))
    weights = math.sqrt(sum(old[name].square().sum().item() for name in names))
    assert output.change == pytest.approx(change / weights, rel=1e-3)
    assert sum(layer.weights for layer in slow.layers) == sum(map(torch.numel, new.values()))
    assert (slow.shortened < 1) == (clip is not None)


def test_the_guess_is_the_probability_of_ink_and_gives_the_surprise() -> None:
    data = load_data("digits8x8")
    slow = slow_step(CONFIG, data, data.test.images[:1], data.test.labels[:1])
    chance = np.where(slow.image == 1, slow.guess, 1 - slow.guess)
    assert np.allclose(slow.bits, -np.log2(chance), atol=1e-4)
    assert slow.label == int(data.test.labels[0])
