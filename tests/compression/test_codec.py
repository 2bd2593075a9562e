"""Images come back from their bytes, the bytes are few, and no bytes do harm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

import pixelcnn
from pixelcnn.checkpoints.files import shipped
from pixelcnn.compression.codec import Codec
from pixelcnn.compression.form import Labels
from pixelcnn.compression.names import NUMBERED, in_words
from pixelcnn.errors import ConfigError, DataError, LabError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.wasm.executor import WASM
from pixelcnn.sampling.wasm.portable import checksum, portable
from pixelcnn.scores.unseen import unseen_digits
from tests.helpers.stream_cases import digest, recorded, shipped_model, write_cases
from tests.helpers.wasm_cases import models

ROOT = Path(__file__).parents[2]
SMALL = dict(models())
SLICE = 40
IN_JAVASCRIPT = (
    "mnist-threshold-pixelcnnpp",
    "mnist-256-logistic",
    "coloured-digits",
)


@cache
def codec(name: str) -> Codec:
    return Codec(shipped_model(name))


def noise(model: AutoregressiveModel, n: int) -> tuple[Tensor, Tensor | None]:
    """Images that no model expects."""
    generator = torch.Generator().manual_seed(0)
    config = model.config
    images = torch.randint(config.levels, (n, *config.image_shape), generator=generator)
    return images.to(torch.uint8), model.labels_in_turn(n)


def ideal_bytes(model: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> np.ndarray:
    with torch.no_grad():
        return -model.log_prob(images, labels).double().numpy() / np.log(2) / 8


@pytest.mark.parametrize("name", SMALL)
def test_images_come_back_alone_and_together_with_labels_written_or_told(name: str) -> None:
    model = SMALL[name]
    own = Codec(model)
    labels = model.labels_in_turn(18)
    images = pixelcnn.sample(model, 18, labels=labels, seed=0, engine="wasm")
    bits = ideal_bytes(model, images, labels)
    data = own.compress(images, labels)
    read = own.decompress(data)
    assert torch.equal(read.images, images)
    assert labels is None if read.labels is None else torch.equal(read.labels, labels)
    label_bytes = 0 if labels is None else np.log2(model.config.classes + 1) / 8 * len(images)
    assert abs(len(data) - bits.sum() - label_bytes) < 12  # the form, the end, and float32
    for place in range(3):
        one, label = (
            images[place : place + 1],
            None if labels is None else labels[place : place + 1],
        )
        data = own.compress(one, label, tell_labels=True)
        assert torch.equal(own.decompress(data, label).images, one)
        assert len(data) < bits[place] + 1.2
        assert torch.equal(own.decompress(own.compress(one)).images, one)
        named = own.compress(one, label, named=True, check=3)
        assert torch.equal(own.decompress(named).images, one)


@pytest.mark.parametrize("name", ["mnist-threshold-pixelcnnpp", "mnist-threshold-tiny-pixelcnn"])
def test_digits_take_as_many_bytes_as_the_model_gives_them_nats(name: str) -> None:
    digits = unseen_digits()
    images, labels = digits.images[:SLICE], digits.labels[:SLICE]
    ideal = ideal_bytes(shipped_model(name), images, labels)
    sizes = []
    for place in range(SLICE):
        some = slice(place, place + 1)
        data = codec(name).compress(images[some], labels[some], tell_labels=True)
        assert torch.equal(codec(name).decompress(data, labels[some]).images, images[some])
        sizes.append(len(data))
    assert np.mean(sizes) < ideal.mean() + 0.5
    whole = codec(name).compress(images, labels, tell_labels=True)
    assert len(whole) < 1.01 * ideal.sum() + 5  # 5 bytes of form and end
    assert torch.equal(codec(name).decompress(whole, labels).images, images)


def test_the_cheapest_label_is_found_where_none_is_given() -> None:
    name, digits = "mnist-threshold-tiny-pixelcnn", unseen_digits()
    images, labels = digits.images[:5], digits.labels[:5]
    data = codec(name).compress(images)
    assert len(data) <= len(codec(name).compress(images, labels))
    read = codec(name).decompress(data)
    assert torch.equal(read.images, images)
    assert read.labels is not None
    assert (read.labels == labels).float().mean() >= 0.8


def test_every_shipped_model_has_a_number_and_streams_written_once_are_read() -> None:
    names = [checkpoint.name for checkpoint in shipped()]
    assert set(recorded()) == set(names)
    for name in names:
        numbers = codec(name).name
        assert numbers.number is not None, f"{name} has new weights: add a line to NUMBERED"
        assert NUMBERED[numbers.number][1] == name
        told = recorded()[name]
        program = portable(shipped_model(name))
        assert checksum(program) == told["program"], f"{name} is another program on this machine"
        read = codec(name).decompress(bytes.fromhex(told["stream"]))
        assert digest(read.images.numpy().tobytes()) == told["images"], name
        assert told["labels"] == (None if read.labels is None else read.labels.tolist())
        written = codec(name).compress(read.images, read.labels)
        assert written.hex() == told["stream"], name


def test_a_program_does_not_depend_on_threads_or_on_the_vectors_of_the_machine() -> None:
    code = """
        import torch
        from tests.helpers.stream_cases import recorded, shipped_model
        from pixelcnn.sampling.wasm.portable import checksum, portable
        torch.set_num_threads(1)
        for name in ("mnist-threshold-tiny-pixelcnnpp", "mnist-threshold-pixelcnn"):
            assert checksum(portable(shipped_model(name))) == recorded()[name]["program"], name
    """
    plain = {"ATEN_CPU_CAPABILITY": "default", "OPENBLAS_CORETYPE": "Prescott"}
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=os.environ | plain,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript_reads_what_python_writes_and_writes_the_same(tmp_path: Path) -> None:
    for name in IN_JAVASCRIPT:
        write_cases(name, tmp_path)
    parts = [ROOT / "widgets" / "engine" / part for part in ("engine.js", "codec.js")]
    script = ROOT / "tests" / "helpers" / "streams.mjs"
    command = ["node", script, tmp_path, WASM, *parts]
    found = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    for name, told in json.loads(found.stdout).items():
        cases = json.loads((tmp_path / f"{name}.json").read_text())["cases"]
        assert told["right"] == len(cases), name
        assert told["streams"] == [case["stream"] for case in cases], name


TINY = build_model(
    "gated_pixelcnn", height=5, width=5, hidden_channels=4, blocks=1, classes=3
).eval()


@cache
def tiny() -> Codec:
    return Codec(TINY)


@settings(max_examples=500)
@given(data=st.data())
def test_altered_cut_and_random_bytes_are_refused_or_are_some_picture(data: st.DataObject) -> None:
    images, labels = noise(TINY, 4)
    assert labels is not None
    if data.draw(st.booleans()):
        stream = data.draw(st.binary(max_size=200))
    else:
        count, check = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 4))
        stream = tiny().compress(images[:count], labels[:count], check=check)
        if data.draw(st.booleans()):
            stream = stream[: data.draw(st.integers(0, len(stream)))]
        else:
            changed = bytearray(stream)
            changed[data.draw(st.integers(0, len(stream) - 1))] ^= data.draw(st.integers(1, 255))
            stream = bytes(changed)
    for strict in (True, False):
        try:
            found = tiny().decompress(stream, strict=strict).images
        except LabError:
            continue
        assert found.dtype == torch.uint8
        assert found.shape[1:] == images.shape[1:]
        assert len(found) <= 64 * max(len(stream), 1)


def test_most_altered_digits_are_refused_and_with_a_check_nearly_all() -> None:
    rng = np.random.default_rng(0)
    images, labels = noise(TINY, 1)
    refused = {0: 0, 2: 0}
    for check in refused:
        stream = tiny().compress(images, labels, check=check)
        for _ in range(300):
            changed = bytearray(stream)
            changed[rng.integers(len(stream))] ^= 1 << rng.integers(8)
            try:
                tiny().decompress(bytes(changed))
            except DataError:
                refused[check] += 1
    assert refused[0] > 100
    assert refused[2] >= 299


def test_a_stream_that_claims_too_many_images_is_refused_at_once() -> None:
    empty = TINY.config.image_shape
    stream = tiny().compress(torch.zeros(0, *empty, dtype=torch.uint8))
    assert tiny().decompress(stream).images.shape == (0, *empty)
    blank = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1).eval()
    with torch.no_grad():
        blank.output.weight.zero_()
        blank.output.bias.fill_(-60.0)  # type: ignore[union-attr]
    images = torch.zeros(1000, 1, 4, 4, dtype=torch.uint8)
    stream = pixelcnn.compress(blank, images)
    assert len(stream) == 16  # 64 images a byte at most, however cheap they are
    assert torch.equal(pixelcnn.decompress(blank, stream), images)
    with pytest.raises(DataError, match="truncated or altered"):
        pixelcnn.decompress(blank, stream[:12])


def test_errors_name_the_model_and_the_labels() -> None:
    digits = unseen_digits()
    images, labels = digits.images[:2], digits.labels[:2]
    name, other = "mnist-threshold-tiny-pixelcnn", "mnist-threshold-tiny-pixelsnail"
    with pytest.raises(DataError, match=f"written by {name}, and this is {other}"):
        codec(other).decompress(codec(name).compress(images, labels))
    with pytest.raises(DataError, match="weights have the hash"):
        codec(name).decompress(pixelcnn.compress(TINY, *noise(TINY, 2)))
    with pytest.raises(DataError, match="labels are missing"):
        codec(name).decompress(codec(name).compress(images, labels, tell_labels=True))
    with pytest.raises(DataError, match="holds its own"):
        codec(name).decompress(codec(name).compress(images, labels), labels)
    with pytest.raises(DataError, match="labels is missing"):
        codec(name).compress(images, tell_labels=True)
    with pytest.raises(DataError, match="this model needs"):
        codec(name).compress(images[:, :, :5])
    with pytest.raises(ConfigError, match="check = 5"):
        codec(name).compress(images, labels, check=5)
    with pytest.raises(DataError, match="in another order"):
        codec("mnist-threshold-eight-orders").compress(images, labels + 10)
    numbered = codec(name).compress(images[:1], labels[:1], named=True)
    read = codec(name).decompress(numbered)
    assert read.form.name is not None
    assert in_words(read.form.name) == name
    assert read.form.labels is None
    assert (
        codec(name).decompress(codec(name).compress(images, labels)).form.labels == Labels.WRITTEN
    )


def test_noise_costs_more_than_a_bitmap() -> None:
    """A model that expects digits must pay for what it does not expect: more than a bit a pixel."""
    model = shipped_model("mnist-threshold-tiny-pixelcnn")
    images, labels = noise(model, 2)
    for place in range(2):
        some = slice(place, place + 1)
        data = codec("mnist-threshold-tiny-pixelcnn").compress(images[some], labels[some])  # type: ignore[index]
        assert len(data) > 98
