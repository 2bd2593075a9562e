"""A damaged checkpoint is refused in a sentence, or loads as a sound model."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from pixelcnn.checkpoints.files import load_checkpoint, save_checkpoint
from pixelcnn.errors import CheckpointError
from tests.helpers.checkpoint_cases import CARD, header_of, refused, small_model, with_header


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("checkpoint") / "model.safetensors"
    save_checkpoint(path, small_model(), CARD)
    return path.read_bytes()


def only_checkpoint_errors(path: Path, content: bytes) -> None:
    """Load a damaged file: it must be refused, or load as a sound model."""
    path.write_bytes(content)
    try:
        model, _ = load_checkpoint(path)
    except CheckpointError as error:
        assert len(str(error)) < 2000  # noqa: PT017 (either outcome is right)
    else:
        assert all(weight.isfinite().all() for weight in model.state_dict().values())


fuzzed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzzed
@given(data=st.data())
def test_a_truncated_file_is_refused(data: st.DataObject, content: bytes, tmp_path: Path) -> None:
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    refused(tmp_path / "model.safetensors", cut)


@fuzzed
@given(data=st.data())
def test_flipped_bits_are_refused_or_harmless(
    data: st.DataObject, content: bytes, tmp_path: Path
) -> None:
    (header_bytes,) = struct.unpack("<Q", content[:8])
    damaged = bytearray(content)
    # Most bits are weights, where a flip is harmless, so half of the flips go to the header.
    place = st.one_of(st.integers(0, 8 + header_bytes - 1), st.integers(0, len(content) - 1))
    for index, bit in data.draw(st.lists(st.tuples(place, st.integers(0, 7)), max_size=8)):
        damaged[index] ^= 1 << bit
    only_checkpoint_errors(tmp_path / "model.safetensors", bytes(damaged))


@fuzzed
@given(garbage=st.binary(max_size=400), place=st.integers(0, 1000), replace=st.booleans())
def test_garbage_is_refused_or_harmless(
    garbage: bytes, place: int, replace: bool, content: bytes, tmp_path: Path
) -> None:
    tail = content[place + len(garbage) :] if replace else content[place:]
    only_checkpoint_errors(tmp_path / "model.safetensors", content[:place] + garbage + tail)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@fuzzed
@given(data=st.data(), value=json_values)
def test_a_header_with_any_value_anywhere_is_refused_or_harmless(
    data: st.DataObject, value: Any, content: bytes, tmp_path: Path
) -> None:
    header, rest = header_of(content)
    where = data.draw(st.sampled_from(["entry", "metadata", "option", "field"]))
    if where == "entry":
        header[data.draw(st.sampled_from(sorted(header)))] = value
    elif where == "metadata":
        metadata = header["__metadata__"]
        metadata[data.draw(st.sampled_from(sorted(metadata)))] = data.draw(
            st.sampled_from([value, json.dumps(value)])
        )
    elif where == "option":
        config = json.loads(header["__metadata__"]["config"])
        config[data.draw(st.sampled_from(sorted(config)))] = value
        header["__metadata__"]["config"] = json.dumps(config)
    else:
        tensor = header["first.weight"]
        tensor[data.draw(st.sampled_from(sorted(tensor)))] = value
    only_checkpoint_errors(tmp_path / "model.safetensors", with_header(header, rest))
