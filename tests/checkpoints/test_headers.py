"""A header is checked by type and bound before anything is computed from it or built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from torch import nn

from pixelcnn.checkpoints.files import load_checkpoint, read_header, save_checkpoint, shipped
from pixelcnn.checkpoints.page_limits import check_for_pages
from pixelcnn.errors import CheckpointError
from pixelcnn.models.registry import build_model
from tests.helpers.checkpoint_cases import header_of, small_model, with_header

LIES = (None, "9" * 50, "x", [], [28], {}, True, -1, 1.5, 10**30, 1e300)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "sound.safetensors"
    save_checkpoint(path, small_model(), {})
    return path.read_bytes()


def claiming(content: bytes, architecture: str = "pixelcnn", **options: Any) -> bytes:
    """The file with a header that claims other options."""
    header, rest = header_of(content)
    metadata = header["__metadata__"]
    own = json.loads(metadata["config"]) if architecture == metadata["model"] else {}
    metadata["model"] = architecture
    metadata["config"] = json.dumps(own | options)
    return with_header(header, rest)


@pytest.mark.parametrize("option", ["height", "width", "channels", "levels", "classes", "blocks"])
def test_an_option_of_a_wrong_type_or_size_is_refused_when_the_header_is_read(
    content: bytes, tmp_path: Path, option: str
) -> None:
    path = tmp_path / "lie.safetensors"
    for lie in LIES:
        path.write_bytes(claiming(content, **{option: lie}))
        with pytest.raises(CheckpointError, match="its options do not fit"):
            read_header(path)
        assert shipped(tmp_path)[0].error


def test_a_header_without_an_option_has_its_default(content: bytes, tmp_path: Path) -> None:
    header, rest = header_of(content)
    config = json.loads(header["__metadata__"]["config"])
    del config["levels"], config["classes"]
    header["__metadata__"]["config"] = json.dumps(config)
    path = tmp_path / "short.safetensors"
    path.write_bytes(with_header(header, rest))
    assert read_header(path).config["levels"] == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            ["test_nats", "bits_per_dim", "test_images", "seconds", "command", "data", "step"]
        ),
        st.sampled_from(
            [*LIES, {"levels": "x", "name": [], "binarize": {}, "size": None, "class_names": 3}]
        ),
    )
)
def test_facts_of_a_card_have_the_type_that_pages_show(
    content: bytes, tmp_path: Path, card: dict[str, Any]
) -> None:
    header, rest = header_of(content)
    header["__metadata__"]["card"] = json.dumps(card)
    path = tmp_path / "card.safetensors"
    path.write_bytes(with_header(header, rest))
    read = read_header(path).card
    for name in ("test_nats", "bits_per_dim", "seconds"):
        assert f"{read.get(name, 0):.1f}"
    assert f"{read.get('test_images', 0):,}"
    assert isinstance(read.get("command", ""), str)
    data = read.get("data", {})
    assert hash((data.get("name"), data.get("levels"), data.get("binarize"), data.get("size")))


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("pixelsnail", {"blocks": 256, "residuals": 64}),
        ("pixelcnnpp", {"blocks": 256, "resolutions": 8}),
        ("pixelcnn_attention", {"blocks": 256}),
        ("pixelrnn", {"blocks": 256}),
    ],
)
def test_a_small_file_that_claims_a_deep_network_is_refused_after_a_few_layers(
    content: bytes,
    tmp_path: Path,
    architecture: str,
    options: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "deep.safetensors"
    path.write_bytes(claiming(content, architecture, height=256, width=256, **options))
    built = []
    initialise = nn.Conv2d.reset_parameters
    monkeypatch.setattr(
        nn.Conv2d, "reset_parameters", lambda layer: built.append(layer) or initialise(layer)
    )
    with pytest.raises(CheckpointError, match="larger network than the file contains"):
        load_checkpoint(path)
    assert len(built) < 200


def test_position_planes_are_stored_once_for_a_whole_network() -> None:
    model = build_model("pixelsnail", hidden_channels=2, blocks=4, height=64, width=64)
    planes = [value for name, value in model.named_buffers() if name.endswith("planes")]
    assert planes
    assert len({plane.data_ptr() for plane in planes}) == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"height": 64, "width": 64}, "4,096 values"),
        ({"blocks": 256, "block": "bottleneck"}, "tensors"),
    ],
)
def test_models_too_large_for_the_pages_are_refused_by_their_header(
    tmp_path: Path, options: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "large.safetensors"
    save_checkpoint(path, small_model(**options), {})
    with pytest.raises(CheckpointError, match=reason):
        check_for_pages(read_header(path), "large")
    assert load_checkpoint(path)


def test_the_pages_take_every_shipped_model() -> None:
    for model in shipped():
        assert model.header is not None
        check_for_pages(model.header, model.name)
