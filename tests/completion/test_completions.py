"""Given parts come back unchanged, and their probabilities agree with enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from torch import Tensor

from pixelcnn.completion.completions import complete
from pixelcnn.completion.observed import Reader, read_given, rows_around
from pixelcnn.completion.particle_filter import systematic_resampling
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model, model_names
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import engine_names

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def small_model(name: str = "gated_pixelcnn", seed: int = 0, **options: int) -> AutoregressiveModel:
    """A small model with weights large enough that labels and pixels matter."""
    size = {"height": 3, "width": 3, "hidden_channels": 6, "blocks": 2, "first_kernel_size": 3}
    model = build_model(name, **{**size, **options})
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
        # Logits in the hundreds would make comparisons of float32 sums meaningless.
        shape = (8, model.config.channels, model.config.height, model.config.width)
        images = torch.randint(0, model.config.levels, shape, generator=generator).byte()
        labels = torch.arange(8) % model.config.classes if model.config.classes else None
        model.output.weight.div_(model(images, labels).std().clamp(min=2) / 2)
    return model.eval()


def first_cells(count: int, height: int = 3, width: int = 3) -> Tensor:
    """A mask in which the first `count` pixels in raster order are given."""
    return (torch.arange(height * width) < count).reshape(height, width)


@pytest.fixture(scope="module")
def every_image() -> Tensor:
    """All binary 3 x 3 images: uint8 (512, 1, 3, 3)."""
    levels = torch.tensor(list(itertools.product([0, 1], repeat=9)), dtype=torch.uint8)
    return levels.reshape(-1, 1, 3, 3)


@pytest.mark.parametrize("name", model_names())
@pytest.mark.parametrize("prefix", [0, 1, 4, 6, 9])
def test_the_probability_of_a_prefix_is_the_sum_over_all_completions(
    name: str, prefix: int, every_image: Tensor
) -> None:
    model = small_model(name, classes=3)
    image, mask = every_image[345, 0], first_cells(prefix)
    agree = ((every_image[:, 0] == image) | ~mask).flatten(1).all(dim=1)
    by_class = torch.stack(
        [
            torch.logsumexp(
                model.log_prob(every_image[agree], torch.full((int(agree.sum()),), label)), dim=0
            )
            for label in range(3)
        ]
    ).detach()
    part = read_given(model, image, mask)
    assert part.prefix == prefix
    torch.testing.assert_close(-part.class_nats.float(), by_class, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        part.class_probabilities.float(), torch.softmax(by_class, dim=0), atol=1e-4, rtol=1e-4
    )
    assert part.bits == pytest.approx(-math.log2(by_class.exp().mean().item()), abs=1e-3)


@SLOW
@given(
    name=st.sampled_from(model_names()),
    levels=st.sampled_from([2, 5, 256]),
    channels=st.sampled_from([1, 3]),
    classes=st.sampled_from([0, 2]),
    position=st.booleans(),
    prefix=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_rows_below_the_prefix_need_not_be_computed(
    name: str, levels: int, channels: int, classes: int, position: bool, prefix: int, seed: int
) -> None:
    torch.manual_seed(seed)
    model = small_model(
        name,
        seed,
        levels=levels,
        channels=channels,
        classes=classes,
        position=position,
        height=4,
        hidden_channels=6,
    )
    image = torch.randint(0, levels, (channels, 4, 3), dtype=torch.uint8)
    part = read_given(model, image, first_cells(prefix, 4, 3))
    labels = torch.arange(classes) if classes else None
    batch = image.expand(max(classes, 1), *image.shape)
    with torch.no_grad():
        log_probs = model.likelihood.log_prob(model(batch, labels), batch)
    in_order = log_probs.permute(0, 2, 3, 1).flatten(1)[:, : prefix * channels]
    torch.testing.assert_close(part.class_nats.float(), -in_order.sum(dim=1), atol=1e-3, rtol=1e-4)
    assert part.prefix == prefix * channels


@SLOW
@given(
    name=st.sampled_from(model_names()),
    levels=st.sampled_from([2, 16]),
    channels=st.sampled_from([1, 3]),
    classes=st.sampled_from([0, 3, 20]),
    prefixes=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    share=st.sampled_from([0.05, 0.5]),
    seed=st.integers(0, 1000),
)
def test_a_reader_reads_changing_drawings_as_the_model_does(
    name: str,
    levels: int,
    channels: int,
    classes: int,
    prefixes: list[int],
    share: float,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    model = small_model(
        name, seed, levels=levels, channels=channels, classes=classes, height=4, position=True
    )
    reader = Reader(model)
    image = torch.zeros(channels, 4, 3, dtype=torch.uint8)
    for prefix in prefixes:
        change = torch.rand(image.shape) < share
        image = torch.where(change, torch.randint(0, levels, image.shape), image).byte()
        mask = first_cells(prefix, 4, 3)
        quick = read_given(model, image, mask, reader=reader)
        slow = read_given(model, image, mask)
        assert (quick.prefix, quick.after_gap) == (slow.prefix, slow.after_gap)
        # Narrow logistics amplify the last bits of float32.
        torch.testing.assert_close(quick.class_nats, slow.class_nats, atol=1e-2, rtol=1e-4)


def test_given_pixels_after_a_gap_are_counted_and_change_nothing() -> None:
    model = small_model(classes=3)
    mask = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=torch.bool)
    given = read_given(model, torch.ones(3, 3, dtype=torch.uint8), mask)
    other_image = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=torch.uint8)
    other = read_given(model, other_image, mask)
    assert (given.prefix, given.after_gap) == (other.prefix, other.after_gap) == (4, 3)
    assert torch.equal(given.class_nats, other.class_nats)


def test_a_colour_in_the_middle_of_a_pixel_ends_the_prefix() -> None:
    model = small_model(channels=3)
    mask = torch.ones(3, 3, 3, dtype=torch.bool)
    mask[1, 0, 1] = False  # green of the second pixel
    part = read_given(model, torch.zeros(3, 3, 3, dtype=torch.uint8), mask)
    assert (part.prefix, part.after_gap) == (3 + 1, 27 - 5)


@SLOW
@given(
    name=st.sampled_from(model_names()),
    engine=st.sampled_from(engine_names()),
    levels=st.sampled_from([2, 256]),
    channels=st.sampled_from([1, 3]),
    share=st.sampled_from([0.0, 0.2, 0.9, 1.0]),
    temperature=st.sampled_from([0.0, 1.0, 3.0]),
    seed=st.integers(0, 1000),
)
def test_given_pixels_come_back_bit_exact(
    name: str,
    engine: str,
    levels: int,
    channels: int,
    share: float,
    temperature: float,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    model = small_model(name, seed, levels=levels, channels=channels, classes=2)
    image = torch.randint(0, levels, (channels, 3, 3), dtype=torch.uint8)
    mask = torch.rand(channels, 3, 3) < share
    done = complete(model, image, mask, 4, seed=seed, temperature=temperature, engine=engine)
    assert torch.equal(done.images[:, mask], image[mask].expand(4, -1))
    assert done.images.shape == (4, channels, 3, 3)
    assert not done.known[~mask].any()
    assert torch.equal(done.known[mask], image[mask])


def test_completions_equal_the_sampler_s_for_the_same_seed_and_labels() -> None:
    model = small_model(classes=3)
    image, mask = torch.ones(3, 3, dtype=torch.uint8), first_cells(4)
    done = complete(model, image, mask, 6, seed=5, engine="reference")
    again = sample(
        model,
        6,
        labels=done.labels,
        known=image[None, None],
        known_mask=mask[None, None],
        seed=5,
        engine="reference",
    )
    assert torch.equal(done.images, again)
    assert not torch.equal(complete(model, image, mask, 6, seed=6).images, done.images)


def test_completions_of_a_prefix_follow_the_conditional_distribution(
    every_image: Tensor,
) -> None:
    model = small_model(classes=2, height=2, hidden_channels=8)
    images = every_image[:64, :, 1:]  # all 2 x 3 images: the first row of these is always 0
    mask = first_cells(3, 2, 3)
    image = torch.tensor([[1, 0, 1], [0, 0, 0]], dtype=torch.uint8)
    agree = images[(images[:, 0, 0] == image[0]).all(dim=1)]
    with torch.no_grad():
        joint = torch.stack(
            [model.log_prob(agree, torch.full((len(agree),), label)) for label in (0, 1)]
        ).exp()
    expected = joint.sum(dim=0) / joint.sum()
    completions = complete(model, image, mask, 8000, seed=0).images
    share = torch.stack(
        [(completions == image).flatten(1).all(dim=1).float().mean() for image in agree]
    )
    assert 0.5 * (share - expected).abs().sum() < 0.02


@SLOW
@given(n=st.integers(1, 30), seed=st.integers(0, 10_000))
def test_guessed_labels_follow_the_posterior_likeliest_first(n: int, seed: int) -> None:
    model = small_model(classes=5)
    done = complete(model, torch.ones(3, 3, dtype=torch.uint8), first_cells(5), n, seed=seed)
    assert done.labels is not None
    expected = done.given.class_probabilities * n
    counts = torch.bincount(done.labels, minlength=5)
    assert ((counts - expected).abs() < 1).all()
    shown = done.given.class_probabilities[done.labels]
    assert (shown.diff() <= 0).all()


def test_each_guessed_label_has_the_posteriors_share_over_all_random_numbers() -> None:
    probabilities = torch.tensor([0.1, 0.6, 0.0, 0.3], dtype=torch.float64)
    positions = torch.linspace(0, 1, 1001, dtype=torch.float64)[:-1]
    drawn = torch.stack(
        [systematic_resampling(probabilities, 3, position) for position in positions]
    )
    shares = torch.bincount(drawn.flatten(), minlength=4) / 3000
    assert (shares - probabilities).abs().max() < 0.001


def test_one_label_serves_all_and_several_are_kept_in_order() -> None:
    model = small_model(classes=3)
    image, mask = torch.ones(3, 3, dtype=torch.uint8), first_cells(5)
    same = complete(model, image, mask, 4, labels=torch.tensor(2), seed=0)
    assert same.labels is not None
    assert same.labels.tolist() == [2, 2, 2, 2]
    several = complete(model, image, mask, 3, labels=torch.tensor([2, 0, 1]), seed=0)
    assert several.labels is not None
    assert several.labels.tolist() == [2, 0, 1]


def test_a_model_without_classes_has_no_labels() -> None:
    model = small_model()
    done = complete(model, torch.zeros(3, 3, dtype=torch.uint8), first_cells(3), 2, seed=0)
    assert done.labels is None
    assert done.given.class_probabilities.tolist() == [1.0]


def test_with_nothing_given_there_is_no_surprise_and_classes_are_equally_likely() -> None:
    model = small_model(classes=4)
    nothing = torch.zeros(3, 3, dtype=torch.bool)
    done = complete(model, torch.ones(3, 3, dtype=torch.uint8), nothing, 8, seed=0)
    assert done.given.bits == 0
    assert done.given.class_probabilities.tolist() == [0.25] * 4
    assert done.labels is not None
    assert torch.bincount(done.labels).tolist() == [2] * 4


def test_with_nothing_unknown_every_completion_is_the_drawing() -> None:
    model = small_model(classes=2)
    image = torch.randint(0, 2, (3, 3), generator=torch.Generator().manual_seed(1))
    done = complete(model, image.byte(), torch.ones(3, 3, dtype=torch.bool), 5, seed=0)
    assert torch.equal(done.images, image.byte().expand(5, 1, 3, 3))
    with torch.no_grad():
        nats = -model.log_prob(image.byte().expand(2, 1, 3, 3), torch.arange(2))
    torch.testing.assert_close(done.given.class_nats.float(), nats, atol=1e-4, rtol=1e-4)


def test_one_unknown_pixel_is_the_only_one_that_differs() -> None:
    model = small_model()
    mask = torch.ones(3, 3, dtype=torch.bool)
    mask[1, 2] = False
    done = complete(model, torch.ones(3, 3, dtype=torch.uint8), mask, 64, seed=0)
    differs = (done.images != done.images[0]).any(dim=0)[0]
    assert differs.nonzero().tolist() == [[1, 2]]
    assert (done.given.prefix, done.given.after_gap) == (5, 3)


@pytest.mark.parametrize("levels", [2, 16])
def test_the_mean_is_a_share_of_the_highest_level(levels: int) -> None:
    model = small_model(levels=levels)
    image = torch.full((3, 3), levels - 1, dtype=torch.uint8)
    done = complete(model, image, first_cells(5), 7, seed=0)
    assert torch.equal(done.mean[0][first_cells(5)], torch.ones(5))
    torch.testing.assert_close(done.mean * (levels - 1), done.images.float().mean(dim=0))


@pytest.mark.parametrize(
    ("given_cells", "rows"), [([], 0), ([(0, 2)], 1), ([(1, 0)], 2), ([(0, 0), (2, 1)], 3)]
)
@pytest.mark.parametrize("shape", [(3, 3), (1, 3, 3), (3, 3, 3)])
def test_the_rows_down_to_the_last_given_one_make_a_prefix(
    given_cells: list[tuple[int, int]], rows: int, shape: tuple[int, ...]
) -> None:
    mask = torch.zeros(shape, dtype=torch.bool)
    for row, column in given_cells:
        mask.reshape(-1, 3, 3)[-1, row, column] = True
    assert torch.equal(rows_around(mask), first_cells(3 * rows).expand(shape))


def test_arrays_work_like_tensors() -> None:
    model = small_model()
    image, mask = torch.ones(3, 3, dtype=torch.uint8), first_cells(4)
    from_arrays = complete(model, image.numpy(), np.asarray(mask), 3, seed=0)
    assert torch.equal(
        from_arrays.images, complete(model, image[None], mask[None], 3, seed=0).images
    )


def test_reading_the_given_part_does_not_change_the_model() -> None:
    model = small_model(position=True).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    read_given(model, torch.ones(3, 3, dtype=torch.uint8), first_cells(4))
    assert model.training
    assert model.config.height == 3
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert model(torch.zeros(1, 1, 3, 3, dtype=torch.uint8)).requires_grad


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"known": torch.zeros(3, 4, dtype=torch.uint8)}, "known has shape"),
        ({"known_mask": torch.zeros(2, 3, dtype=torch.bool)}, "known_mask has shape"),
        ({"known": torch.zeros(3, 3)}, "dtype"),
        ({"known": torch.full((3, 3), 2, dtype=torch.uint8)}, "level 2"),
        ({"known_mask": torch.zeros(3, 3)}, "known_mask has dtype"),
        ({"labels": torch.tensor(7)}, "labels holds"),
        ({"labels": torch.tensor([0, 1])}, "labels has shape"),
    ],
)
def test_arguments_that_do_not_fit_the_model_are_named(
    changes: dict[str, Tensor], says: str
) -> None:
    part = {
        "known": torch.zeros(3, 3, dtype=torch.uint8),
        "known_mask": torch.ones(3, 3, dtype=torch.bool),
    }
    with pytest.raises(DataError, match=says):
        complete(small_model(classes=3), **{**part, **changes}, n=3)  # type: ignore[arg-type]


@pytest.mark.parametrize(("option", "value"), [("n", 0), ("n", -1), ("temperature", -0.5)])
def test_invalid_options_are_named(option: str, value: float) -> None:
    model = small_model(classes=3)
    with pytest.raises(ConfigError, match=option):
        complete(
            model,
            torch.zeros(3, 3, dtype=torch.uint8),
            first_cells(2),
            **{option: value},  # type: ignore[arg-type]
        )
