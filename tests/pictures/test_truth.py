"""Digits whose truth is known, as people really have them, are read as what they are."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
import torch

from pixelcnn.checkpoints.files import find_checkpoint, load_checkpoint
from pixelcnn.data.images import image_from
from pixelcnn.data.own import at_size
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.pictures.sets import read_sent
from tests.pictures.cases import KINDS, digits, encoded, large

EACH = 8  # digits of each kind


@pytest.fixture(scope="module")
def model() -> AutoregressiveModel:
    return load_checkpoint(find_checkpoint("mnist-threshold-gated"))[0]


def read_as(model: AutoregressiveModel, images: torch.Tensor) -> torch.Tensor:
    """The class under which the model finds each image `(N, 1, 28, 28)` likeliest."""
    nats = []
    with torch.inference_mode():
        for label in range(model.config.classes):
            labels = torch.full((len(images),), label)
            nats.append(-model.log_prob(images, labels))
    return torch.stack(nats).argmin(dim=0)


def test_the_shipped_model_reads_19_of_20_of_all_kinds_as_what_they_are(
    model: AutoregressiveModel, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = np.random.default_rng(0)
    greys, truth = digits(EACH * len(KINDS))
    pictures, kinds = [], []
    for number, digit in enumerate(greys):
        kind = list(KINDS)[number % len(KINDS)]
        content = KINDS[kind](digit, dice)
        pictures.append(image_from(kind, content, model.config)[0])
        kinds.append(kind)
    guesses = read_as(model, torch.stack(pictures))
    right = (guesses == torch.from_numpy(truth)).numpy()
    shares = defaultdict(list)
    for kind, one in zip(kinds, right, strict=True):
        shares[kind].append(bool(one))
    with capsys.disabled():
        worst = [
            f"{kind} {sum(some)}/{len(some)}" for kind, some in shares.items() if not all(some)
        ]
        print(f"\n{right.sum()} of {len(right)} read right; not all of: {', '.join(worst)}")
    assert len(right) >= 150
    assert right.mean() >= 0.95
    assert all(sum(some) >= 0.7 * len(some) for some in shares.values()), shares


def test_a_set_of_all_kinds_together_reads_as_each_alone(model: AutoregressiveModel) -> None:
    dice = np.random.default_rng(1)
    greys, truth = digits(2 * len(KINDS), seed=1)
    sent = [
        (
            f"{truth[number]}/{number}.{'heic' if kind == 'HEIC' else 'png'}",
            KINDS[kind](digit, dice),
        )
        for number, (digit, kind) in enumerate(zip(greys, 2 * list(KINDS), strict=True))
    ]
    found = read_sent(sent)
    assert not found.left_out
    assert found.kept.all()
    names = np.array(found.class_names)[found.labels]
    assert [str(one) for one in truth] == names.tolist()
    images = (at_size(found, 28) >= 128).to(torch.uint8)
    assert (read_as(model, images).numpy() == truth).mean() >= 0.9


def test_half_a_digit_keeps_its_place_at_any_size(model: AutoregressiveModel) -> None:
    """At ten times its size the upper half of a digit is the same for the model."""
    greys, _ = digits(12, seed=2)
    for digit in greys:
        half = digit.copy()
        half[14:] = 0
        small = image_from("half.png", encoded(half), model.config, "part")
        big = image_from("half.png", encoded(large(half, 280)), model.config, "part")
        dark = image_from("half.png", encoded(255 - large(half, 280)), model.config, "part")
        assert (small != torch.from_numpy(half >= 128)).sum() == 0
        assert (big != small).sum() <= 12  # smooth enlargement moves the edge of a stroke a little
        assert torch.equal(big, dark)
