"""Perturbation agrees with the taps, and finds planted mistakes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pixelcnn.causality.depth_growth import put_mask_b_first
from pixelcnn.causality.perturbation import (
    Network,
    mixes_images,
    perturbation_leaks,
    perturbation_relation,
    spot_check,
)
from pixelcnn.causality.reach import AuditReport, legal_relation, sub_pixel_relation
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import trace
from tests.helpers.model_cases import VARIANTS, small, variant_name

SPAN = (-1.0, 1.0)


def of_the_taps(model: AutoregressiveModel) -> np.ndarray:
    return sub_pixel_relation(trace(copy.deepcopy(model).float()), model)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_perturbation_finds_exactly_what_the_taps_reach(
    name: str, options: dict[str, Any], channels: int
) -> None:
    softmax = {"likelihood": "softmax", "levels": 4, "hidden_channels": 48, "width": 4}
    model = small(name, **{**options, **softmax, "channels": channels}).train()
    relation = perturbation_relation(Network(model), (channels, 4, 4), 4, span=SPAN, images=3)
    assert np.array_equal(relation, of_the_taps(model))


@pytest.mark.parametrize("name", ["pixelcnn", "gated_pixelcnn", "pixelsnail"])
def test_perturbation_finds_the_leak_that_the_taps_show(name: str) -> None:
    model = small(name)
    put_mask_b_first(model)
    model.double()
    relation = perturbation_leaks(Network(model), (1, 4, 5), span=SPAN)
    assert np.array_equal(relation, of_the_taps(model) & ~legal_relation(1, 4, 5))
    assert relation.any()


def test_a_label_is_passed_on_and_does_not_change_the_relation() -> None:
    model = small("pixelcnn", classes=2)
    relation = [
        perturbation_relation(Network(model, label), (1, 4, 5), span=SPAN, images=3)
        for label in (0, 1)
    ]
    assert np.array_equal(relation[0], relation[1])
    assert np.array_equal(relation[0], of_the_taps(model))


# ---------------------------------------------------------------- foreign modules


class Homework(nn.Module):
    """A typical student's masked convolution, float32, in colours or in grey."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        mask = torch.zeros(3, 3)
        mask[0] = mask[1, 0] = 1
        return nn.functional.conv2d(x, self.conv.weight * mask, self.conv.bias, padding=1)


def test_a_foreign_module_is_judged_and_not_changed() -> None:
    module = Homework(1, 7).train()
    relation = perturbation_relation(module, (1, 5, 6))
    report = AuditReport(relation, relation)
    assert report.causal
    assert report.at(2, 2).seen == 4
    assert {p.dtype for p in module.parameters()} == {torch.float32}
    open_kernel = nn.Conv2d(1, 7, 3, padding=1)
    assert perturbation_leaks(open_kernel, (1, 5, 6))[0, 2, 2].sum() == 5


def test_four_dimensional_outputs_have_all_of_red_first() -> None:
    module = Homework(3, 6)
    joined = perturbation_relation(module, (3, 3, 3))
    parted = perturbation_relation(
        lambda x: module.double()(x).unflatten(1, (3, 2)).transpose(1, 2), (3, 3, 3)
    )
    assert np.array_equal(joined, parted)
    only_red = nn.Conv2d(3, 3, 1, bias=False)
    nn.init.zeros_(only_red.weight)
    with torch.no_grad():
        only_red.weight[1, 0] = 1.0  # G is predicted from R of the same pixel
    seen = perturbation_relation(only_red, (3, 1, 1))[:, 0, 0, :, 0, 0]
    assert seen.tolist() == [[False] * 3, [True, False, False], [False] * 3]


def test_batch_normalisation_leaks_all_of_the_image_in_train_mode_and_nothing_in_eval() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(Homework(1, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))
    # Nothing sees the very last position: no kernel reads it.
    leaks = perturbation_leaks(module.train(), (1, 5, 5), images=4)
    assert leaks[0, 0, 0].sum() >= 20
    assert mixes_images(module, (1, 5, 5))
    assert not perturbation_leaks(module.eval(), (1, 5, 5), images=4).any()
    assert not mixes_images(module, (1, 5, 5))
    assert module[1].num_batches_tracked == 0


def test_dropout_is_not_reported_as_a_dependence() -> None:
    module = nn.Sequential(Homework(1, 8), nn.Dropout(0.5), nn.Conv2d(8, 1, 1)).train()
    state = torch.random.get_rng_state()
    relation = perturbation_relation(module, (1, 5, 5), images=8)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.array_equal(relation, perturbation_relation(module.eval(), (1, 5, 5)))
    assert not mixes_images(module.train(), (1, 5, 5))


@pytest.mark.parametrize("levels", [2, 3, 256])
def test_images_have_the_requested_levels_and_span(levels: int) -> None:
    given: list[Tensor] = []

    def spy(x: Tensor) -> Tensor:
        given.append(x)
        return x

    perturbation_relation(spy, (1, 20, 20), levels, span=(-2.0, 3.0), images=2)
    seen = torch.cat(given).unique()
    assert (seen.min(), seen.max()) == (-2, 3)
    assert torch.isin(seen, torch.linspace(-2, 3, levels, dtype=torch.float64)).all()
    before, after = given[2:4]  # the first two calls test whether images of a batch interact
    assert ((before != after).flatten(1).sum(dim=1) == 1).all()
    second = given[len(given) // 2 + 2]
    assert not torch.equal(before[0], second[0])


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (lambda x: x[:, :, :2], r"images \(2, 1, 3, 3\) into \(2, 1, 2, 3\)"),
        (lambda x: x.mean(dim=(2, 3)), r"into \(2, 1\)"),
        (lambda x: x / 0, "not finite"),
    ],
)
def test_outputs_of_the_wrong_shape_are_refused(forward: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        perturbation_relation(forward, (1, 3, 3))


def test_all_colours_need_equally_many_parameters() -> None:
    with pytest.raises(ConfigError, match="channels x parameters"):
        perturbation_relation(nn.Conv2d(3, 4, 1), (3, 2, 2))


def test_a_few_places_find_their_part_of_the_relation() -> None:
    module, places = nn.Conv2d(1, 2, 3, padding=1), [19, 3, 7, 0, 11, 12]
    all_of_it = perturbation_leaks(module, (1, 4, 5)).reshape(20, 20)
    partial = perturbation_leaks(module, (1, 4, 5), images=1, places=places).reshape(20, 20)
    assert np.array_equal(partial[:, places], all_of_it[:, places])
    assert partial.sum() == partial[:, places].sum() > 0


def test_a_spot_check_finds_a_leak_only_where_there_is_one() -> None:
    model = small("gated_pixelcnn", classes=2).float()
    assert spot_check(model) == 0
    put_mask_b_first(model)
    assert spot_check(model) >= 8
