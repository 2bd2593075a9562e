"""Measurements of prefixes and next rows, and inpainting."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from pixelcnn import build_model, complete, sample
from pixelcnn.cli import main
from pixelcnn.completion.inpainting import KINDS, against_truth, inpainting_mask
from pixelcnn.completion.next_row import next_rows
from pixelcnn.errors import CheckpointError, ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.scores.class_curves import ClassCurves, load_class_curves, measure_class_curves

SIZE = 5


@pytest.fixture(scope="module")
def model() -> AutoregressiveModel:
    torch.manual_seed(0)
    model = build_model("gated_pixelcnn", height=SIZE, width=SIZE, classes=3, hidden_channels=8)
    for module in model.modules():
        if isinstance(module, nn.Embedding):  # initially 0: labels would make no difference
            nn.init.normal_(module.weight, std=2.0)
    return model.eval()


def images(n: int) -> torch.Tensor:
    return torch.randint(2, (n, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(1)).byte()


def test_class_curves_start_at_nothing_and_end_at_whole_images(
    model: AutoregressiveModel, tmp_path: Path
) -> None:
    batch, labels = images(40), torch.arange(40) % 3
    class_curves = measure_class_curves(model, batch, labels, batch_size=7)
    with torch.inference_mode():
        log_p = torch.stack([model.log_prob(batch, torch.full((40,), c)) for c in range(3)])
    assert class_curves.accuracy(SIZE * SIZE) == pytest.approx(
        (log_p.argmax(dim=0) == labels).float().mean().item()
    )
    bits = -(log_p.double().logsumexp(dim=0) - math.log(3)) / math.log(2)
    assert class_curves.bits[-1, 50] == pytest.approx(bits.quantile(0.5).item(), rel=1e-4)
    assert not class_curves.bits[0].any()
    class_curves.save("some model", tmp_path)
    loaded = load_class_curves("some model", tmp_path)
    assert loaded is not None
    assert loaded.images == 40
    assert np.array_equal(loaded.bits, class_curves.bits)
    assert load_class_curves("another model", tmp_path) is None
    (tmp_path / "some model.npz").write_bytes(b"no archive")
    with pytest.raises(CheckpointError, match="python -m pixelcnn read some model"):
        load_class_curves("some model", tmp_path)


def test_a_percentile_counts_the_images_that_surprise_less() -> None:
    rows = np.stack([np.zeros(101), np.linspace(0, 10, 101), np.linspace(0, 30, 101)])
    class_curves = ClassCurves(
        np.empty(0, np.float32), rows.astype(np.float32), width=4, images=100
    )
    assert class_curves.percentile(2.55, 4) == pytest.approx(26)
    assert class_curves.percentile(10, 6) == pytest.approx(50, abs=1)  # half way: 0 to 20
    assert class_curves.percentile(99, 8) == 100
    assert class_curves.percentile(0, 0) == pytest.approx(50, abs=1)
    assert class_curves.accuracy(4) is None


def test_next_rows_are_drawn_as_a_whole_image_would_be(model: AutoregressiveModel) -> None:
    picture = images(1)[0]
    known = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    known[:2] = True
    known[2, :2] = True
    rows = next_rows(model, picture, known, 6, label=1, seed=4, engine="reference")
    assert rows is not None
    assert rows.row == 2
    uniforms = torch.rand((6, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(4))
    full = sample(
        model,
        6,
        labels=torch.tensor(1),
        known=picture[None],
        known_mask=known[None, None],
        uniforms=uniforms,
        engine="reference",
    )
    assert torch.equal(rows.images, full[:, :, 2])
    assert next_rows(model, picture, torch.ones(SIZE, SIZE, dtype=torch.bool)) is None


@given(
    kind=st.sampled_from(KINDS),
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_inpainting_masks_hide_about_the_requested_share(
    kind: str, height: int, width: int, share: float, seed: int
) -> None:
    known = inpainting_mask(kind, height, width, share, seed)
    assert known.shape == (height, width)
    assert torch.equal(known, inpainting_mask(kind, height, width, share, seed))
    if kind == "block":
        rows, columns = (~known).any(dim=1).sum(), (~known).any(dim=0).sum()
        assert int((~known).sum()) == int(rows * columns)  # one rectangle
        assert abs(int(rows) - math.sqrt(share) * height) <= 0.5 or not rows


@pytest.mark.parametrize("method", ["raster", "particles"])
def test_the_bits_of_the_hidden_part_and_of_the_rest_add_up(
    model: AutoregressiveModel, method: str
) -> None:
    truth = images(2)[1]
    known = torch.ones(SIZE, SIZE, dtype=torch.bool)
    known[2, 1:3] = False
    done = complete(model, truth, known, 4, method=method, labels=torch.tensor(2), seed=0)
    compared = against_truth(model, done, truth, label=2)
    assert compared.right.shape == (4,)
    assert compared.paper_right == pytest.approx(1 - truth[0, 2, 1:3].float().mean().item())
    if method == "raster":
        assert compared.hidden_bits is None
        return
    # The exact probabilities of the four ways to fill the hole.
    ways = truth.expand(4, -1, -1, -1).clone()
    ways[:, 0, 2, 1:3] = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).byte()
    with torch.inference_mode():
        log_p = model.log_prob(ways, torch.full((4,), 2)).double()
    own = int((ways == truth).flatten(1).all(dim=1).nonzero())
    exact = -torch.log_softmax(log_p, dim=0)[own].item() / math.log(2)
    assert compared.hidden_bits == pytest.approx(exact, abs=0.4)


def test_inpainting_refuses_invalid_arguments(model: AutoregressiveModel) -> None:
    with pytest.raises(ConfigError, match="kind = 'corner' is unknown"):
        inpainting_mask("corner", 5, 5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="outside 0 to 1"):
        inpainting_mask("block", 5, 5, 1.5)
    picture, known = images(1)[0], torch.ones(SIZE, SIZE, dtype=torch.bool)
    full = complete(model, picture, known, 1, seed=0)
    with pytest.raises(DataError, match="Nothing was unknown"):
        against_truth(model, full, picture)
    known[4] = False
    done = complete(model, picture, known, 1, seed=0)
    with pytest.raises(DataError, match="differs from the given part"):
        against_truth(model, done, 1 - picture)


def test_the_command_reads_test_digits_and_writes_what_the_page_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["read", "mnist-threshold-pixelcnn", "--data", "mnist5k", "--limit", "5"]
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    assert "28 rows: median surprise" in capsys.readouterr().out
    class_curves = load_class_curves("mnist-threshold-pixelcnn", tmp_path)
    assert class_curves is not None
    assert class_curves.images == 5
    assert main([*arguments[:-1], "0"]) == 2
