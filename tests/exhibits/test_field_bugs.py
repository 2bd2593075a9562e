"""The bugs that were found in the field (DESIGN section 6), put in once each, and caught.

Every test here applies one check, by which other tests hold our own code, to a variant that has the
bug and to ours: the first must fail it and the second pass. The numbers are those of the list.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.causality.reach import audit
from pixelcnn.data.levels import dequantize, quantize
from pixelcnn.exhibits.models import SigmoidTwice
from pixelcnn.metrics import perplexity_per_pixel, uniform_baseline
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.pixelcnn import PixelCNN
from pixelcnn.models.pixelcnn_blocks import PlainBlock
from pixelcnn.models.registry import build_model
from pixelcnn.nn.likelihoods import Bernoulli, Categorical, Likelihood, apply_temperature, draw
from pixelcnn.nn.logistic_mixture import DiscretizedLogisticMixture
from pixelcnn.sampling import reference
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import make_engine
from pixelcnn.sampling.reference import ReferenceEngine
from pixelcnn.sampling.request import Request
from tests.helpers.exhibit_cases import leaks, shown, total_probability, tried
from tests.helpers.model_cases import shaken

# ---------------------------------------------------------------- 1 to 4: receptive fields


@pytest.mark.parametrize("size", [9, 28])
def test_1_a_vertical_stack_that_skips_its_own_row_keeps_a_blind_spot(size: int) -> None:
    options = {"height": size, "width": size, "hidden_channels": 2}
    honest = audit(shown("own_row_skipped", honest=True, **options).float())
    broken = audit(shown("own_row_skipped", honest=False, **options).float())
    assert (honest.never, honest.leaks, broken.leaks) == (0, 0, 0)
    # Nothing further right in the row above than the first kernel reaches is ever seen.
    assert not broken.limit[0, 5, 0, 0, 4, 2:].any()
    assert broken.never > 0


def test_2_an_attention_row_with_nothing_to_attend_to_sees_the_whole_picture() -> None:
    blocks = {"blocks": 1}
    honest = tried(shown("attention_row", honest=True, **blocks))
    broken = tried(shown("attention_row", honest=False, **blocks))
    assert honest.leaks == 0
    assert honest.at(0, 0).leaks == 0
    assert broken.at(0, 0).leaks == 30  # the softmax over nothing; one block passes it to no other
    assert broken.leaks == 30


def test_3_mask_a_on_the_output_layer_hides_red_from_green() -> None:
    honest, broken = (audit(shown("output_mask_a", honest=h).float()) for h in (True, False))
    own = np.tri(3, k=-1, dtype=bool)  # G sees R, B sees both
    assert np.array_equal(honest.relation[:, 2, 3, :, 2, 3], own)
    own[1, 0] = own[2, 1] = False
    assert np.array_equal(broken.relation[:, 2, 3, :, 2, 3], own)
    assert not broken.relation[0].any(), "red is predicted from nothing"
    assert broken.leaks == 0


def test_4_without_the_horizontal_stream_no_pixel_sees_its_own_row() -> None:
    honest, broken = (audit(shown("horizontal_dropped", honest=h).float()) for h in (True, False))
    assert honest.never == 0
    for row in range(5):
        assert not broken.limit[0, row, :, 0, row].any()
    assert broken.never == 5 * (6 * 5 // 2)  # all pairs of one row, five times


# ---------------------------------------------------------------- 5: loss and sampler


class ReadsOtherLayout(PixelCNN):
    """Reads the network's outputs as (P, C), where the loss reads them as (C, P)."""

    def unpack(self, output: Tensor) -> Tensor:
        return output.unflatten(1, (-1, self.config.channels))


def test_5_the_samplers_log_probabilities_are_the_losses_only_in_the_same_layout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = {"levels": 4, "channels": 3, "height": 3, "width": 3, "first_kernel_size": 3}
    torch.manual_seed(0)
    model = shaken(build_model("pixelcnn", hidden_channels=12, blocks=1, **shape)).float()
    other = ReadsOtherLayout(model.config)  # type: ignore[arg-type]
    other.load_state_dict(model.state_dict())
    said: list[Tensor] = []

    def recorded(probabilities: Tensor, uniforms: Tensor) -> Tensor:
        drawn = draw(probabilities, uniforms)
        said.append(probabilities.gather(1, drawn.long()[:, None])[:, 0].log())
        return drawn

    monkeypatch.setattr(reference, "draw", recorded)

    def error(sampler: AutoregressiveModel) -> float:
        said.clear()
        images = sample(sampler, 4, seed=0, engine="reference")
        with torch.no_grad():
            return (model.log_prob(images) - torch.stack(said).sum(dim=0)).abs().max().item()

    assert error(model) < 1e-4
    assert error(other) > 1


# ---------------------------------------------------------------- 6: batch normalisation


def test_6_batch_normalisation_sees_all_pixels_in_train_mode_only() -> None:
    model = shown("batch_norm", honest=False)
    assert leaks(model.train()) > 400  # of 465
    assert leaks(model.eval()) == 0
    assert leaks(shown("batch_norm", honest=True, norm="layer").train()) == 0


# ---------------------------------------------------------------- 7 to 9: probabilities and levels


class BinsOf256(DiscretizedLogisticMixture):
    """Bins as wide as for 256 levels, at any number of levels."""

    def _log_bins(self, means: Tensor, log_scales: Tensor) -> Tensor:
        levels = torch.arange(self.levels).view(1, -1, *[1] * (means.dim() - 2))
        half, sharpness = 1 / 255, torch.exp(-log_scales)
        distance = self._value(levels, means.dtype) - means
        upper = torch.sigmoid((distance + half) * sharpness)
        lower = torch.sigmoid((distance - half) * sharpness)
        lowest, highest = levels == 0, levels == self.levels - 1
        inside = torch.where(lowest, upper, torch.where(highest, 1 - lower, upper - lower))
        return inside.log()


@pytest.mark.parametrize("levels", [2, 4, 16, 256])
def test_7_a_fixed_bin_width_makes_a_distribution_of_256_levels_only(levels: int) -> None:
    torch.manual_seed(0)
    parameters = torch.randn(4, 6, 1, 2, 2, dtype=torch.float64)
    parameters[:, 4:] -= 1  # curves of a few tenths of the axis
    images = torch.zeros(4, 1, 2, 2, dtype=torch.uint8)

    def error(kind: type[DiscretizedLogisticMixture]) -> float:
        log_probs = kind(levels, 2, coupled=False).level_log_probs(parameters, images)
        return (log_probs.exp().sum(dim=1) - 1).abs().max().item()

    assert error(DiscretizedLogisticMixture) < 1e-6
    assert (error(BinsOf256) < 1e-6) == (levels == 256)


def test_8_a_clamped_log_probability_has_no_gradient_where_the_network_is_most_wrong() -> None:
    def pull(log_prob: Callable[[Tensor], Tensor], start: float) -> float:
        parameter = torch.tensor(start, requires_grad=True)
        (gradient,) = torch.autograd.grad(log_prob(parameter), parameter)
        assert gradient.isfinite()
        return gradient.item()

    black = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    assert pull(lambda logit: (1 - logit.sigmoid()).clamp(min=1e-7).log(), 80.0) == 0
    assert pull(lambda z: Bernoulli().log_prob(z.view(1, 1, 1, 1, 1), black).sum(), 80.0) == -1

    level, scale = 100 * 2 / 255 - 1, math.exp(-6)
    raw = torch.tensor(-7 + math.log(math.e - 1))  # of which the mixture makes a log scale of -6

    def clamped(mean: Tensor) -> Tensor:
        upper = torch.sigmoid((level + 1 / 255 - mean) / scale)
        lower = torch.sigmoid((level - 1 / 255 - mean) / scale)
        return (upper - lower).clamp(min=1e-12).log()

    def ours(mean: Tensor) -> Tensor:
        parameters = torch.stack([torch.zeros(()), mean, raw]).view(1, 3, 1, 1, 1)
        mixture = DiscretizedLogisticMixture(256, 1, coupled=False)
        return mixture.log_prob(parameters, torch.full_like(black, 100)).sum()

    near, far = level + 2 * scale, level + 500 * scale
    assert pull(clamped, near) == pytest.approx(pull(ours, near), rel=0.1)
    assert pull(clamped, far) == 0
    assert pull(ours, far) < -100


def test_9_truncation_loses_levels_in_one_direction() -> None:
    def cut_down(images: Tensor, levels: int) -> Tensor:
        return (images.double() / (levels - 1) * 255).to(torch.uint8)

    def cut_up(greys: Tensor, levels: int) -> Tensor:
        return (greys.double() / 255 * (levels - 1)).to(torch.uint8)

    def lost(to_greys: Callable[..., Tensor], to_levels: Callable[..., Tensor]) -> int:
        every = [torch.arange(levels, dtype=torch.uint8) for levels in range(2, 257)]
        back = [to_levels(to_greys(greys, len(greys)), len(greys)) for greys in every]
        return sum(int((a != b).sum()) for a, b in zip(every, back, strict=True))

    assert lost(dequantize, quantize) == 0
    assert lost(cut_down, cut_up) > 10_000
    assert lost(cut_down, quantize) > 0


# ---------------------------------------------------------------- 10: residual connections


class AddedTwice(PlainBlock):
    """Adds its input once inside and once more outside."""

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        return h + super().forward(h, labels)


def test_10_a_block_with_a_zero_branch_is_the_identity_unless_its_input_is_added_twice() -> None:
    config = build_model("pixelcnn", hidden_channels=4).config
    h = torch.randn(1, 4, 5, 5)
    for kind, is_identity in ((PlainBlock, True), (AddedTwice, False)):
        block = kind(config, dilation=1)  # type: ignore[arg-type]
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
        assert torch.equal(block(h, None), h) == is_identity


# ---------------------------------------------------------------- 11 and 12: the sampler


class OneMaskForAll(ReferenceEngine):
    """Looks at the first image of the batch for the known pixels."""

    def run(self, request: Request) -> Tensor:
        known = request.known[:1].expand_as(request.known)
        return super().run(replace(request, known=known))


def test_11_known_pixels_come_back_even_if_the_masks_of_a_batch_differ() -> None:
    torch.manual_seed(0)
    model = shaken(build_model("pixelcnn", height=5, width=5, hidden_channels=8, blocks=1)).float()
    known = torch.randint(0, 2, (6, 1, 5, 5)).to(torch.uint8)
    mask = torch.rand(6, 1, 5, 5) < 0.5

    def kept(engine: Any, masks: Tensor) -> bool:
        images = sample(model, 6, known=known, known_mask=masks, seed=0, engine=engine)
        return torch.equal(images[masks], known[masks])

    for engine in ("reference", "torch"):
        assert kept(make_engine(model, engine), mask)
    broken = OneMaskForAll(model)
    assert kept(broken, mask[:1].expand_as(mask)), "equal masks do not show it"
    assert not kept(broken, mask)


def test_12_temperature_0_is_argmax_and_no_division() -> None:
    log_probs = torch.randn(64, 4, 5).log_softmax(dim=1)

    def is_argmax(tempered: Tensor) -> bool:
        drawn = draw(tempered, torch.rand(64, 5))
        sums_to_1 = torch.allclose(tempered.sum(dim=1), torch.ones(64, 5))
        return sums_to_1 and torch.equal(drawn.long(), log_probs.argmax(dim=1))

    assert is_argmax(apply_temperature(log_probs, 0))
    assert not is_argmax((log_probs / 0).softmax(dim=1)), "all NaN, which `draw` takes for level 0"
    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1)
    cold = [sample(model, 2, temperature=0, seed=seed) for seed in (1, 2)]
    assert torch.equal(*cold)


# ---------------------------------------------------------------- 13 and 14: masks


@pytest.mark.parametrize(
    ("name", "leaked"),
    [
        ("no_mask", 30 * 31 // 2),  # itself and everything later
        ("rows_below", 30 * 31 // 2),
        ("b_first", 30),  # itself
        ("exchanged", 30),
    ],
)
def test_13_14_missing_open_or_exchanged_masks_show_a_pixel_itself_or_the_future(
    name: str, leaked: int
) -> None:
    blocks = {"blocks": 4}  # enough to connect the last row to the first
    broken = shown(name, honest=False, **blocks)
    assert audit(broken.float()).leaks == leaked
    assert leaks(broken) == leaked
    honest = shown(name, honest=True, **blocks)
    assert audit(honest.float()).leaks == 0
    assert leaks(honest) == 0


@pytest.mark.parametrize("name", ["no_mask", "rows_below", "b_first", "exchanged"])
def test_13_14_the_probabilities_of_a_leaking_model_do_not_sum_to_1(name: str) -> None:
    size = {"height": 2, "width": 2, "kernel_size": 3}
    assert total_probability(shown(name, honest=True, **size)) == pytest.approx(1, abs=1e-5)
    assert abs(total_probability(shown(name, honest=False, **size)) - 1) > 0.01


def test_13_14_a_copying_model_gives_every_image_probability_1() -> None:
    size = {"height": 2, "width": 2, "kernel_size": 3}
    model = shown("b_first", honest=False, **size).float()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    images = torch.tensor(list(itertools.product(range(2), repeat=4)), dtype=torch.uint8)
    for _ in range(100):
        optimizer.zero_grad()
        (-model.log_prob(images.view(-1, 1, 2, 2)).mean()).backward()
        optimizer.step()
    assert total_probability(model) > 15  # for 16 images that should sum to 1


# ---------------------------------------------------------------- 15: losses


class SoftmaxTwice(Categorical):
    """A softmax of softmax outputs."""

    def level_log_probs(self, parameters: Tensor, images: Tensor) -> Tensor:
        return super().level_log_probs(parameters.softmax(dim=1), images)


def test_15_a_softmax_of_probabilities_can_be_certain_of_nothing() -> None:
    def meets(likelihood: Likelihood, frequencies: Tensor) -> bool:
        bias = likelihood.bias_for(frequencies).view(1, -1, 1, 1, 1)
        image = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
        probabilities = likelihood.level_log_probs(bias, image).exp().flatten()
        assert probabilities.sum().item() == pytest.approx(1), "what makes this one hard to notice"
        return torch.allclose(probabilities, frequencies, atol=1e-3)

    rare = torch.tensor([0.99, 0.01])
    assert meets(Bernoulli(), rare)
    assert not meets(SigmoidTwice(), rare)
    certain = F.one_hot(torch.tensor(3), 16) * 0.9 + 0.1 / 16
    assert meets(Categorical(16), certain)
    assert not meets(SoftmaxTwice(16), certain)
    # After any training, a black pixel costs ln 2.
    extreme = torch.full((1, 1, 1, 1, 1), -1e4)
    black = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    assert SigmoidTwice().log_prob(extreme, black).item() == pytest.approx(-math.log(2))
    assert Bernoulli().log_prob(extreme, black).item() == 0


def test_15_a_squared_error_is_not_a_log_probability() -> None:
    size = {"height": 2, "width": 2, "kernel_size": 3}
    assert total_probability(shown("squared_error", honest=True, **size)) == pytest.approx(1)
    assert total_probability(shown("squared_error", honest=False, **size)) > 2


# ---------------------------------------------------------------- 16 and 17


def test_16_without_a_non_linearity_a_mixture_of_images_gives_the_mixture_of_outputs() -> None:
    x, y = torch.randn(2, 3, 1, 5, 6, dtype=torch.float64)

    def bend(model: AutoregressiveModel) -> float:
        straight = 0.3 * model.network(x, None) + 0.7 * model.network(y, None)
        return (model.network(0.3 * x + 0.7 * y, None) - straight).abs().max().item()

    with torch.no_grad():
        assert bend(shown("no_activation", honest=False, blocks=6)) < 1e-9
        assert bend(shown("no_activation", honest=True, blocks=6)) > 0.01


@pytest.mark.parametrize("levels", [2, 256])
def test_17_the_perplexity_of_a_guess_is_the_number_of_levels(levels: int) -> None:
    nats = uniform_baseline(levels, 784).nats

    def of_an_image(nats: float, dims: int) -> float:
        try:
            return math.exp(nats)
        except OverflowError:
            return math.inf

    assert perplexity_per_pixel(nats, 784) == pytest.approx(levels)
    assert of_an_image(nats, 784) > 10**200
