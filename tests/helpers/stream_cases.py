"""Streams that were written once, and what they must be read as, for Python, Node and Chromium.

`python -m tests.helpers.stream_cases` writes `tests/compression/streams.json` again. That is right
only if the executor computes other bits than before, on purpose: earlier streams are then lost.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import torch

from pixelcnn.checkpoints.files import load_checkpoint, shipped
from pixelcnn.compression.codec import Codec
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.wasm.portable import checksum, portable

STREAMS = Path(__file__).parents[1] / "compression" / "streams.json"
_IMAGES = 3


@cache
def shipped_model(name: str) -> AutoregressiveModel:
    """A shipped model, read once."""
    return load_checkpoint(name)[0]


def recorded() -> dict[str, dict[str, Any]]:
    """{model: {program, stream, labels, images}}: three images, their stream, and what wrote it."""
    found: dict[str, dict[str, Any]] = json.loads(STREAMS.read_text())
    return found


def digest(levels: bytes) -> str:
    """Of all levels of some images."""
    return hashlib.sha256(levels).hexdigest()


def cases_of(name: str) -> dict[str, Any]:
    """The recorded images of a model as `streams.mjs` reads them: each alone, and all together."""
    told = recorded()[name]
    model = shipped_model(name)
    codec = Codec(model)
    read = codec.decompress(bytes.fromhex(told["stream"]))
    cases = []
    for place in range(len(read.images)):
        some = slice(place, place + 1)
        labels = None if read.labels is None else read.labels[some]
        tell, named = labels is not None and place == 0, place == 1
        stream = codec.compress(read.images[some], labels, tell_labels=tell, named=named)
        number = codec.name.number if named else None
        cases.append(_case(read.images[some], labels, stream, told=tell, number=number))
    stream = bytes.fromhex(told["stream"])
    cases.append(_case(read.images, read.labels, stream, told=False, number=codec.name.number))
    return {"classes": model.config.classes, "cases": cases}


def write_cases(name: str, folder: Path) -> None:
    """Write a model's program and cases."""
    (folder / f"{name}.program").write_bytes(portable(shipped_model(name)).data)
    (folder / f"{name}.json").write_text(json.dumps(cases_of(name)))


def _case(
    images: torch.Tensor,
    labels: torch.Tensor | None,
    stream: bytes,
    *,
    told: bool,
    number: int | None,
) -> dict[str, Any]:
    return {
        "levels": images.numpy().tobytes().hex(),
        "labels": None if labels is None else labels.tolist(),
        "told": told,
        "number": number,
        "stream": stream.hex(),
    }


def _record() -> None:
    found = {}
    for checkpoint in shipped():
        model = shipped_model(checkpoint.name)
        labels = model.labels_in_turn(_IMAGES)
        images = sample(model, _IMAGES, labels=labels, seed=1)
        stream = Codec(model).compress(images, labels)
        found[checkpoint.name] = {
            "program": checksum(portable(model)),
            "stream": stream.hex(),
            "labels": None if labels is None else labels.tolist(),
            "images": digest(images.numpy().tobytes()),
        }
    STREAMS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    _record()
