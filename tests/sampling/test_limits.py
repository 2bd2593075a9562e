"""The memory of sampling, and the guarantees of guidance and editable samples."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from pixelcnn import paint, sample, warm_up
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.engines import make_engine
from pixelcnn.sampling.torch_engine import TorchEngine

MEGABYTE = 2**20


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile first, so that no test counts the compiler's memory."""
    warm_up()


@pytest.fixture
def traced_memory() -> Iterator[None]:
    """Counts the bytes of numpy arrays, which hold everything that the engine computes."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def conditional(**options: object) -> AutoregressiveModel:
    torch.manual_seed(0)
    size = {"height": 5, "width": 4, "hidden_channels": 8, "blocks": 1, "classes": 3}
    model = build_model("gated_pixelcnn", **{**size, "label_dropout": 0.2, **options})
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


@pytest.mark.parametrize(
    ("name", "preset"),
    [("pixelcnn", "notebook"), ("gated_pixelcnn", "base"), ("pixelsnail", "tiny")],
)
def test_a_batch_of_64_takes_less_than_64_megabytes(
    name: str, preset: str, traced_memory: None
) -> None:
    engine = make_engine(build_model(name, **presets(name)[preset]).eval(), "numba")
    sample(engine.model, 1, engine=engine)  # type: ignore[attr-defined]
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    sample(engine.model, 64, engine=engine)  # type: ignore[attr-defined]
    _, peak = tracemalloc.get_traced_memory()
    assert peak - before < 64 * MEGABYTE


def test_more_images_than_fit_are_drawn_in_turns(traced_memory: None) -> None:
    engine = make_engine(build_model("pixelcnn", hidden_channels=16, blocks=1, height=8), "numba")
    taken = []
    for n in (200, 1000):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        sample(engine.model, n, engine=engine)  # type: ignore[attr-defined]
        taken.append(tracemalloc.get_traced_memory()[1] - before)
    # Only the images themselves grow with their number, not the stored activations.
    assert taken[1] < 2 * taken[0]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_hundreds_of_calls_leak_no_memory() -> None:
    """Other code in this process may allocate once, but a leak grows in both halves."""
    model = conditional()
    engine = make_engine(model, "numba")
    labels = torch.tensor([0, 1, 2, 0])
    resident = []
    for call in range(700):
        sample(model, 4, labels=labels, seed=call, guidance=1.0, engine=engine, trace=True)
        if call in (99, 399, 699):
            gc.collect()
            resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
    assert min(after - before for before, after in pairwise(resident)) < 2 * MEGABYTE


def test_no_guidance_is_the_model_itself() -> None:
    model, labels = conditional(), torch.tensor([0, 1, 2])
    plain = sample(model, 3, labels=labels, seed=1)
    assert torch.equal(sample(model, 3, labels=labels, seed=1, guidance=0.0), plain)


def test_guidance_makes_images_likelier_under_their_label_than_without() -> None:
    model = conditional()
    labels = torch.arange(300) % 3
    gains = []
    for guidance in (0.0, 3.0):
        images = sample(model, 300, labels=labels, seed=2, guidance=guidance)
        with torch.no_grad():
            gains.append((model.log_prob(images, labels) - model.log_prob(images)).mean().item())
    assert gains[1] > gains[0]


@pytest.mark.parametrize(
    ("options", "labels", "guidance", "message"),
    [
        ({}, None, 1.0, "guidance = 1.0 needs labels"),
        ({"label_dropout": 0.0}, torch.tensor([0, 1]), 1.0, "label_dropout above 0"),
        ({}, torch.tensor([0, 1]), -1.0, "guidance = -1.0 is outside 0"),
    ],
)
def test_invalid_guidance_is_refused(
    options: dict[str, object], labels: torch.Tensor | None, guidance: float, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        sample(conditional(**options), 2, labels=labels, guidance=guidance)


def test_editable_samples_know_the_probability_of_every_prefix() -> None:
    model, labels = conditional(levels=4), torch.tensor([0, 1, 2])
    editable = paint(model, 3, labels=labels, seed=4)
    with torch.no_grad():
        parameters = model(editable.images, labels)
        each = model.likelihood.log_prob(parameters, editable.images)  # (3, 1, H, W)
    in_order = each.flatten(1)
    for pixels in (0, 1, 7, 20):
        expected = in_order[:, :pixels].sum(dim=1)
        torch.testing.assert_close(editable.log_prob(pixels), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(editable.log_prob(), in_order.sum(dim=1), atol=1e-4, rtol=1e-4)


def test_guided_editable_samples_are_redrawn_consistently() -> None:
    model, labels = conditional(), torch.tensor([0, 1, 2])
    editable = paint(model, 3, labels=labels, seed=5, guidance=2.0)
    assert torch.equal(editable.images, sample(model, 3, labels=labels, seed=5, guidance=2.0))
    flipped = 1 - editable.images[:, 0, 2, 1]
    known_mask = torch.zeros(3, 1, 5, 4, dtype=torch.bool)
    known_mask[:, :, :2] = known_mask[:, :, 2, :2] = True
    known = editable.images
    known[:, 0, 2, 1] = flipped
    editable.change((0, 2, 1), flipped)
    again = sample(
        model, 3, labels=labels, seed=5, guidance=2.0, known=known, known_mask=known_mask
    )
    assert torch.equal(editable.images, again)


def test_a_reused_pass_works_with_other_labels_and_given_pixels() -> None:
    model = conditional()
    engine = TorchEngine(model)
    engine.replays = True  # as on CUDA, where the second request replays graphs
    for seed in range(3):
        known = torch.randint(0, 2, (4, 1, 5, 4)).byte()
        request = {
            "labels": torch.randint(0, 3, (4,)),
            "known": known,
            "known_mask": torch.rand(4, 1, 5, 4) < 0.3,
            "seed": seed,
            "guidance": 0.5,
        }
        expected = sample(model, 4, engine="reference", **request)  # type: ignore[call-overload]
        drawn = sample(model, 4, engine=engine, **request)  # type: ignore[call-overload]
        assert torch.equal(drawn, expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_replayed_graphs_give_the_images_of_the_reference() -> None:
    model = conditional().cuda()
    engine = make_engine(model, "torch")
    labels = torch.tensor([0, 1, 2, 0])
    for seed in range(3):
        expected = sample(model, 4, labels=labels, seed=seed, engine="reference")
        assert torch.equal(sample(model, 4, labels=labels, seed=seed, engine=engine), expected)
