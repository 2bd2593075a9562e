"""Particle completions against enumeration, and the eight reading orders."""

import math
from functools import cache

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn

from pixelcnn import build_model, complete, sample
from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.completion.particle_filter import after_gap
from pixelcnn.data.dataset import Split
from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.scan_orders import ORDERS, best_order, in_words, label_in, turn, turn_back
from pixelcnn.training.batches import turn_batch

SIZE, PARTICLES, RUNS = 4, 2000, 10
PIXELS = SIZE * SIZE


def opinionated(**config: object) -> AutoregressiveModel:
    """An untrained model, confident enough for the given part to matter."""
    torch.manual_seed(0)
    options = {"hidden_channels": 8, "blocks": 2, "first_kernel_size": 3, **config}
    model = build_model("gated_pixelcnn", **{"height": SIZE, "width": SIZE, **options}).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.6)
        for module in model.modules():
            if isinstance(module, nn.Embedding):  # initially 0: labels would make no difference
                nn.init.normal_(module.weight)
    return model


@cache
def all_images() -> Tensor:
    """Every binary image: `(65536, 1, 4, 4)`, number i at index i."""
    bits = torch.arange(2**PIXELS)[:, None] >> torch.arange(PIXELS - 1, -1, -1) & 1
    return bits.byte().view(-1, 1, SIZE, SIZE)


def numbers(images: Tensor) -> Tensor:
    """The index of each image in `all_images`."""
    return (images.flatten(1).long() << torch.arange(PIXELS - 1, -1, -1)).sum(dim=1)


def log_probs(model: AutoregressiveModel, images: Tensor, label: int | None = None) -> Tensor:
    """Log-probability of each image, in nats: float64 `(images,)`."""
    with torch.inference_mode():
        parts = [
            model.log_prob(part, None if label is None else torch.full((len(part),), label))
            for part in images.split(4096)
        ]
    return torch.cat(parts).double()


def total_variation(images: Tensor, exact: Tensor) -> float:
    shares = torch.bincount(numbers(images), minlength=len(exact)) / len(images)
    return 0.5 * (shares - exact).abs().sum().item()


@pytest.fixture(scope="module")
def enumerated() -> tuple[AutoregressiveModel, Tensor]:
    model = opinionated()
    return model, log_probs(model, all_images())


@pytest.mark.parametrize("seed", range(2))
def test_particles_draw_from_the_exact_conditional_and_plain_sampling_does_not(
    enumerated: tuple[AutoregressiveModel, Tensor], seed: int
) -> None:
    """Over 10 runs of 2,000 particles, so that their own noise is below the tolerance."""
    model, log_p = enumerated
    generator = torch.Generator().manual_seed(seed)
    picture = all_images()[torch.multinomial(log_p.exp(), 1, generator=generator)][0]
    known = torch.ones(PIXELS, dtype=torch.bool)
    known[torch.randperm(PIXELS - 2, generator=generator)[:6]] = False  # two at the end are given
    known = known.view(1, SIZE, SIZE)
    fits = ((all_images() == picture) | ~known).flatten(1).all(dim=1)
    exact = torch.where(fits, log_p, -math.inf).softmax(dim=0)

    completions, evidence = [], []
    for run in range(RUNS):
        done = complete(
            model, picture, known, PARTICLES, method="particles", particles=PARTICLES, seed=run
        )
        assert done.particles is not None
        assert bool((done.images == picture)[known.expand_as(done.images)].all())
        completions.append(done.images)
        evidence.append(math.exp(-done.particles.after_gap_nats - done.given.class_nats.item()))
    naive = sample(
        model, RUNS * PARTICLES, known=picture[None], known_mask=known[None], seed=0, engine="numba"
    )

    distance, without = (
        total_variation(images, exact) for images in (torch.cat(completions), naive)
    )
    print(f"total variation: {distance:.4f} with particles, {without:.4f} without")
    assert distance < 0.02
    assert without > 0.1
    assert sum(evidence) / RUNS == pytest.approx(log_p[fits].exp().sum().item(), rel=0.1)


def test_particles_weigh_the_classes_by_the_whole_given_part() -> None:
    model = opinionated(classes=3)
    picture = all_images()[25_000]
    known = torch.tensor([0, 0, 1, 1] * SIZE, dtype=torch.bool).view(1, SIZE, SIZE)
    fits = ((all_images() == picture) | ~known).flatten(1).all(dim=1)
    log_p = torch.stack([log_probs(model, all_images()[fits], label) for label in range(3)])
    exact = log_p.logsumexp(dim=1).softmax(dim=0)
    assert exact.max() - exact.min() > 0.2
    labels = [
        complete(
            model, picture, known, PARTICLES, method="particles", particles=PARTICLES, seed=run
        ).labels
        for run in range(5)
    ]
    shares = torch.bincount(
        torch.cat([drawn for drawn in labels if drawn is not None]), minlength=3
    )
    assert (shares / shares.sum() - exact).abs().max() < 0.04


def test_webassembly_and_numba_draw_the_same_particles() -> None:
    model = opinionated(classes=3)
    picture = all_images()[25_000]
    known = torch.tensor([0, 0, 1, 1] * SIZE, dtype=torch.bool).view(1, SIZE, SIZE)
    first, second = (
        complete(model, picture, known, 9, method="particles", particles=200, seed=1, engine=engine)
        for engine in ("wasm", "numba")
    )
    assert torch.equal(first.images, second.images)
    assert first.particles is not None
    assert second.particles is not None
    assert first.particles.after_gap_nats == pytest.approx(second.particles.after_gap_nats, 1e-5)


@settings(max_examples=25)
@given(mask=st.lists(st.booleans(), min_size=PIXELS, max_size=PIXELS), seed=st.integers(0, 99))
def test_known_pixels_come_back_as_they_were_by_every_method(mask: list[bool], seed: int) -> None:
    model = EIGHT
    known = torch.tensor(mask).view(SIZE, SIZE)
    picture = torch.randint(2, (SIZE, SIZE), generator=torch.Generator().manual_seed(seed)).byte()
    for method in ("raster", "orders", "particles"):
        done = complete(
            model, picture, known, 3, method=method, particles=8, seed=seed, engine="numba"
        )
        assert done.images.shape == (3, 1, SIZE, SIZE)
        assert bool((done.images[:, 0] == picture)[known.expand(3, -1, -1)].all())
        assert done.labels is not None
        assert bool((done.labels < 3).all())
        assert torch.equal(done.known_mask[0], known)


def test_drawing_in_an_order_equals_drawing_the_turned_image() -> None:
    """With the lower half given, reading from the bottom makes it a prefix."""
    known = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    known[2:] = True
    picture = torch.tensor([[0, 1, 0, 1]] * SIZE, dtype=torch.uint8)
    done = complete(
        EIGHT, picture, known, 5, method="orders", labels=torch.tensor(1), seed=3, engine="numba"
    )
    assert in_words(done.order).startswith("row by row, from the bottom")
    assert done.given.after_gap == 0
    labels = label_in(order=done.order, label=torch.full((5,), 1), classes=3)
    uniforms = torch.rand((5, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(3))
    turned = sample(
        EIGHT,
        5,
        labels=labels,
        known=turn(picture, done.order)[None, None],
        known_mask=turn(known, done.order)[None, None],
        uniforms=uniforms,
        engine="numba",
    )
    assert torch.equal(turn(done.images, done.order), turned)


def test_the_eight_orders_are_different_and_can_be_turned_back() -> None:
    picture = torch.arange(9).view(1, 3, 3)
    turned = [turn(picture, order) for order in range(ORDERS)]
    assert len({tuple(image.flatten().tolist()) for image in turned}) == ORDERS
    assert all(torch.equal(turn_back(image, order), picture) for order, image in enumerate(turned))
    assert len({in_words(order) for order in range(ORDERS)}) == ORDERS


@pytest.mark.parametrize("order", range(ORDERS))
def test_the_best_order_starts_in_the_given_part(order: int) -> None:
    known = torch.zeros(6, 6, dtype=torch.bool)
    known[:2] = True
    known[2, :3] = True  # so that columns and both ends of rows differ
    assert best_order(turn_back(known, order)) == order


def test_given_pixels_after_the_gap_are_counted_colour_by_colour() -> None:
    known = torch.ones(3, 2, 2, dtype=torch.bool)
    known[1, 0, 1] = False  # G of the second pixel: R of it comes before, B after
    late = after_gap(known)
    assert late[:, 1].all()
    assert not late[:, 0, 0].any()
    assert late[:, 0, 1].tolist() == [False, False, True]


def test_the_shipped_model_reads_digits_in_all_eight_orders() -> None:
    model, _ = load_checkpoint("mnist-threshold-eight-orders")
    digits, labels = load_data("mnist5k").test
    images, classes = digits[:25], labels[:25]
    with torch.inference_mode():
        nats = [
            -model.log_prob(turn(images, order), label_in(order=order, label=classes, classes=10))
            for order in range(ORDERS)
        ]
        mistaken = -model.log_prob(turn(images, 3), classes)  # labelled as raster order
    assert all(45 < scores.mean().item() < 70 for scores in nats)
    assert mistaken.mean() > max(scores.mean() for scores in nats) + 5


def test_a_batch_is_turned_image_by_image_with_matching_labels() -> None:
    images = torch.randint(
        2, (64, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(0)
    ).byte()
    labels = torch.arange(64) % 3
    batch = turn_batch(Split(images, labels), classes=3, seed=0, step=5)
    orders = batch.labels // 3
    assert len(orders.unique()) == ORDERS
    assert torch.equal(batch.labels % 3, labels)
    for before, after, order in zip(images, batch.images, orders.tolist(), strict=True):
        assert torch.equal(turn(before, order), after)


EIGHT = opinionated(classes=3, orders=8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "sideways"}, "method = 'sideways' is unknown"),
        ({"method": "orders"}, "one order only"),
        ({"method": "particles", "temperature": 0.5}, "does not work with particles"),
        ({"method": "particles", "particles": 1}, "outside 2 to"),
        ({"method": "particles", "particles": 4, "n": 9}, "to the number of particles, 4"),
        ({"method": "particles", "labels": torch.tensor([0, 1])}, "one label for all"),
    ],
)
def test_an_unsuitable_method_says_why(options: dict[str, object], message: str) -> None:
    known = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    known[3] = True
    with pytest.raises(ConfigError, match=message):
        complete(opinionated(classes=2), torch.zeros(SIZE, SIZE).byte(), known, **options)


def test_a_label_of_another_order_is_refused() -> None:
    nothing = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    with pytest.raises(DataError, match="classes are 0 to 2"):
        complete(EIGHT, nothing.byte(), nothing, labels=torch.tensor(3), engine="reference")


@pytest.mark.parametrize(
    "options",
    [
        {"classes": 0},
        {"label_dropout": 0.1},
        {"conditioning": "concat"},
        {"orders": 4},
        {"width": SIZE + 1},
    ],
)
def test_eight_orders_are_refused_for_unsuitable_models(
    options: dict[str, object],
) -> None:
    with pytest.raises(ConfigError, match="orders = "):
        opinionated(**{"classes": 3, "orders": 8, **options})
