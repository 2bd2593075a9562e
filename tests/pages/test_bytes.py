"""The page Bytes: its files are those of the library, and bytes from an address are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.bytes.intervals import splits
from pages.bytes.words import sizes_in_words
from pixelcnn import build_model, compress, decompress
from pixelcnn.scores.unseen import unseen_digits
from tests.helpers import app_pages
from tests.helpers.app_pages import shipped_again, shipped_instead, told, widgets

__all__ = ["shipped_again"]  # a fixture

SIZE = 14


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Small models in place of the shipped ones."""
    torch.manual_seed(0)
    size = {"height": SIZE, "width": SIZE, "hidden_channels": 12, "blocks": 1}
    made = {
        "classes": build_model("gated_pixelcnn", classes=10, **size),
        "grey": build_model("pixelcnn", levels=16, **size),
        "plain": build_model("pixelcnn", **size),
    }
    with shipped_instead(tmp_path_factory.mktemp("models"), made):
        yield made


def open_page(model: str, **query: str) -> AppTest:
    return app_pages.open_page("bytes", {"model": model, **query})


def stream_of(page: AppTest) -> bytes:
    (meta,) = [meta for meta, _ in widgets(page) if "stream" in meta]
    return bytes.fromhex(meta["stream"])


@pytest.mark.parametrize("name", ["classes", "grey", "plain"])
def test_the_bytes_are_the_file_of_the_picture_and_come_back_by_the_address(
    models: dict[str, Any], name: str
) -> None:
    model = models[name]
    digits = unseen_digits(model.config.levels, SIZE)
    seven = digits.images[digits.labels == 7][:1]
    page = open_page(name)
    data = stream_of(page)
    labels = torch.tensor([7]) if model.config.classes else None
    assert data == compress(model.eval(), seven, labels)
    assert torch.equal(decompress(model, data), seven)
    assert f"This file takes **{len(data)} bytes**" in told(page)
    link = next(code.value for code in page.code if "/bytes?" in code.value)
    assert link.endswith(f"/bytes?model={name}&bytes={data.hex()}")
    received = open_page(name, bytes=data.hex())
    assert stream_of(received) == data
    assert "Somebody sent you these bytes" in told(received)


def test_noise_is_another_file_and_two_models_stand_side_by_side(models: dict[str, Any]) -> None:
    page = open_page("classes", instead="noise in its place", beside="plain")
    assert not page.exception
    image = decompress(models["classes"].eval(), stream_of(page))
    assert 0.4 < image.float().mean() < 0.6


@pytest.mark.parametrize("text", ["xyz", "0" * 4098, "zz"])
def test_what_is_no_file_of_one_picture_is_refused_in_words(
    models: dict[str, Any], text: str
) -> None:
    page = open_page("classes", bytes=text)
    assert not page.exception
    assert len(page.error) == 1


def test_each_part_of_the_interval_is_as_wide_as_its_colour_is_likely(
    models: dict[str, Any],
) -> None:
    model = models["grey"].eval()
    image = unseen_digits(16, SIZE).images[0]
    found = splits(model, image.numpy(), None)
    assert len(found) == 12
    with torch.no_grad():
        log_probs = model.likelihood.log_prob(model(image[None]), image[None])[0, 0]
    bits = 0.0
    for split in found:
        log_prob = float(log_probs[split.row, split.column])
        bits -= log_prob / np.log(2)
        assert split.share == pytest.approx(np.exp(log_prob), rel=1e-4)
        assert split.bits == pytest.approx(bits, rel=1e-4)
        assert split.start >= 0
        assert split.start + split.share <= 1 + 1e-6


def test_words_say_which_file_is_smaller() -> None:
    sizes = {"model": 10, "raw": 98, "CCITT G4": 25}
    assert sizes_in_words(sizes, ["model"]) == (
        "This file takes **10 bytes**; the best of the others, CCITT G4, needs 25: 2.5 times as "
        "many."
    )
    assert "needs only 5" in sizes_in_words({"model": 10, "raw": 5}, ["model"])
