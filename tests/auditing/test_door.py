"""`pixelcnn.audit`: what is recognised, what is told, and what is left as it was."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import pixelcnn
from pixelcnn.auditing.words import in_words
from pixelcnn.causality.perturbation import perturbation_relation
from pixelcnn.causality.reach import audit as audit_by_taps
from pixelcnn.errors import ConfigError
from tests.helpers.audit_causal import (
    CAUSAL,
    ChannelsLast,
    DrawsEverywhere,
    KeepsThings,
    NextPixel,
    Turned,
    colours,
    plain,
    spectral,
)
from tests.helpers.audit_leaking import LEAKING
from tests.helpers.audit_parts import Masked
from tests.helpers.model_cases import small


def test_a_model_of_this_library_is_counted_by_its_taps_exactly() -> None:
    model = small("pixelcnn").float()
    report, counted = pixelcnn.audit(model), audit_by_taps(model)
    assert np.array_equal(report.relation, counted.relation)
    assert np.array_equal(report.limit, counted.limit)
    assert (report.never, report.at(2, 2)) == (counted.never, counted.at(2, 2))
    assert report.proven
    assert "at any depth" in "\n".join(in_words(report))


@pytest.mark.parametrize(
    "name", ["plain", "gated", "attention", "two streams with a stride", "MADE"]
)
def test_what_is_followed_is_what_moves(name: str) -> None:
    torch.manual_seed(0)
    net = CAUSAL[name].make().double().eval()
    report = pixelcnn.audit(net, size=12)
    assert report.proven
    moved = perturbation_relation(net, (1, 12, 12), levels=256, images=2)
    # A unit that is shut in all images tried hides a few; what moves is followed, always.
    assert not (moved & ~report.relation).any()
    assert moved.sum() > 0.9 * report.relation.sum()


@pytest.mark.parametrize("name", ["rows below", "rolled", "attention without a mask", "mirrored"])
def test_leaks_that_are_followed_are_those_that_move(name: str) -> None:
    torch.manual_seed(0)
    net = LEAKING[name].make().double().eval()
    moved = perturbation_relation(net, (1, 12, 12), levels=256, images=2)
    followed = pixelcnn.audit(net, size=12).relation
    assert not (moved & ~followed).any()
    assert moved.sum() > 0.9 * followed.sum()


def test_a_network_is_left_as_it_was() -> None:
    for make in (KeepsThings, DrawsEverywhere, spectral, plain):
        net = make().train()
        before = {name: value.clone() for name, value in net.state_dict().items()}
        attributes = {name: vars(part).copy() for name, part in net.named_modules()}
        random = torch.random.get_rng_state(), np.random.get_state()[1].tolist()
        pixelcnn.audit(net, evaluating=True)
        assert net.training
        assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
        for name, part in net.named_modules():
            assert vars(part).keys() == attributes[name].keys()
        assert torch.equal(random[0], torch.random.get_rng_state())
        assert random[1] == np.random.get_state()[1].tolist()
        assert torch.get_default_dtype() == torch.float32
        assert all(one.dtype == torch.float32 for one in net.parameters())


def test_what_moves_by_itself_is_named() -> None:
    report = pixelcnn.audit(KeepsThings())
    assert any("`calls`" in note and "put back" in note for note in report.notes)
    report = pixelcnn.audit(DrawsEverywhere())
    assert any("random numbers" in note for note in report.notes)


def test_what_never_answers_twice_alike_is_undecided_not_a_leak() -> None:
    count = itertools.count()

    def drifting(images: np.ndarray) -> np.ndarray:
        return np.cos(images + next(count) + np.arange(images.size).reshape(images.shape))

    report = pixelcnn.audit(drifting)
    assert (report.verdict, report.status) == ("undecided", 2)
    assert "although the image does not" in report.reason


def test_a_counter_that_cannot_be_put_back_hides_nothing() -> None:
    count = itertools.count()

    def prefix(images: np.ndarray) -> np.ndarray:
        line = images.reshape(len(images), -1)
        return (np.cumsum(line, 1) - line).reshape(images.shape) + next(count)

    assert pixelcnn.audit(prefix).verdict == "none"
    assert pixelcnn.audit(lambda x: prefix(x) + x).verdict == "leak"


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x * 0,
        lambda x: np.full(x.shape, np.nan),
        nn.Sequential(Masked("A", 1, 1, 1)),
    ],
    ids=["nothing", "no number", "a mask that hides all"],
)
def test_a_network_that_sees_nothing_is_undecided(made: object) -> None:
    report = pixelcnn.audit(made, size=6)
    assert (report.verdict, report.status) == ("undecided", 2)
    assert report.reason


def test_a_kernel_that_reaches_further_than_the_image_is_told() -> None:
    net = LEAKING["a dilation of 16"].make()
    assert pixelcnn.audit(net).shape == (1, 34, 34)
    small_image = pixelcnn.audit(net, size=12)
    assert any("--size 18" in note for note in small_image.notes)


def test_dilations_in_functions_choose_the_size_as_well() -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = nn.Parameter(torch.zeros(1, 1, 3, 3))

        def forward(self, x: Tensor) -> Tensor:
            mask = torch.tensor([[1.0, 1, 1], [1, 0, 0], [0, 1, 0]]).to(x)
            return nn.functional.conv2d(x, self.kernel * mask, padding=20, dilation=20)

    report = pixelcnn.audit(Functional())
    assert report.shape == (1, 42, 42)
    assert report.verdict == "leak"


# ---------------------------------------------------------------- axes, orders, colours


@pytest.mark.parametrize(
    ("turn", "layout"),
    [
        (lambda y: y, "(C P) H W"),
        (lambda y: y.transpose(1, 2), "(P C) H W"),
        (lambda y: y.movedim(1, -1).movedim(1, -1), "H W C P"),
        (lambda y: y.movedim(2, -1).movedim(1, -1), "H W P C"),
    ],
)
def test_axes_of_colours_are_recognised_and_can_be_named(turn: object, layout: str) -> None:
    class Moved(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = colours()

        def forward(self, x: Tensor) -> Tensor:
            y = turn(self.net(x).unflatten(1, (3, 4)))  # type: ignore[operator]
            return y.flatten(1, 2) if layout[0] == "(" else y

    assert pixelcnn.audit(Moved(), channels=3).verdict == "none"
    named = pixelcnn.audit(Moved(), channels=3, layout=layout)
    assert named.verdict == "none"


def test_axes_that_would_leak_are_told() -> None:
    report = pixelcnn.audit(colours(), channels=3)
    assert any("--layout" in note for note in report.notes)
    assert pixelcnn.audit(colours(), channels=3, layout="(P C) H W").verdict == "leak"


def test_an_order_can_be_named_or_read_from_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    order = rng.permutation(36).reshape(6, 6)
    steps = torch.from_numpy(order.ravel())

    class Permuted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(36, 36))

        def forward(self, x: Tensor) -> Tensor:
            before = steps[:, None] < steps[None]
            return (x.flatten(1) @ (self.weight * before)).view_as(x)

    np.save(tmp_path / "order.npy", order)
    (tmp_path / "order.txt").write_text(" ".join(map(str, order.ravel())))
    blind = pixelcnn.audit(Permuted(), size=6)
    assert blind.verdict == "leak"
    assert any("--order FILE" in note for note in blind.notes)
    for name in ("order.npy", "order.txt"):
        report = pixelcnn.audit(Permuted(), size=6, order=str(tmp_path / name))
        assert report.verdict == "none"
        assert report.seen == report.legal
    (tmp_path / "bad.txt").write_text("0 1 2")
    with pytest.raises(ConfigError, match="each step from 0 to 35 once"):
        pixelcnn.audit(Permuted(), size=6, order=str(tmp_path / "bad.txt"))
    with pytest.raises(ConfigError, match="neither a file nor one of raster"):
        pixelcnn.audit(Permuted(), size=6, order="spiral")


def test_the_wrong_order_leaks() -> None:
    net = Turned(lambda x: x.transpose(2, 3))
    assert pixelcnn.audit(net, order="raster").verdict == "leak"
    assert pixelcnn.audit(net, order="columns").verdict == "none"


def test_the_next_pixel_is_told_and_can_be_ruled_out() -> None:
    report = pixelcnn.audit(NextPixel(), axes="(H W C)")
    assert report.verdict == "none"
    assert any("next pixel" in line for line in report.read_as)
    assert pixelcnn.audit(NextPixel(), axes="(H W C)", predicts="same").verdict == "leak"
    own = pixelcnn.audit(plain(first="B"))
    assert any("--predicts next" in note for note in own.notes)
    assert pixelcnn.audit(plain(first="B"), predicts="next").verdict == "none"


def test_channels_last_is_recognised_and_told() -> None:
    report = pixelcnn.audit(ChannelsLast(), channels=3)
    assert "(batch, rows, columns, colours)" in report.read_as[0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": 1}, "--size 1"),
        ({"size": (12, 500)}, "--size 500"),
        ({"levels": 1}, "--levels 1"),
        ({"channels": 0}, "--channels 0"),
        ({"labels": 0}, "--labels 0"),
        ({"layout": "C P"}, "H and W must stand in it"),
        ({"layout": "H H W"}, "may stand once"),
        ({"values": "floats"}, "--values floats"),
    ],
)
def test_an_option_that_cannot_work_is_told(options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        pixelcnn.audit(plain(), **options)  # type: ignore[arg-type]


def test_a_network_that_cannot_be_run_is_told_with_its_own_error() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ZeroDivisionError("of my own")

    with pytest.raises(ConfigError, match="ZeroDivisionError: of my own"):
        pixelcnn.audit(Broken())
    with pytest.raises(ConfigError, match="no numbers for each pixel"):
        pixelcnn.audit(lambda x: x.sum(), size=6)


def test_progress_names_the_layer_that_is_being_followed() -> None:
    told: list[tuple[str, float]] = []
    pixelcnn.audit(nn.Sequential(*plain()), progress=lambda what, share: told.append((what, share)))
    assert "following `2`" in [what for what, _ in told]
    assert all(0 < share <= 1 for _, share in told)
