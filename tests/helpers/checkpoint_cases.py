"""A small model with a card, its file in parts, and checks of every refusal."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.errors import CheckpointError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model

CARD = {"data": {"name": "mnist5k", "levels": 2}, "test_nats": 61.25, "command": "train ü"}


def small_model(name: str = "pixelcnn", **options: Any) -> AutoregressiveModel:
    torch.manual_seed(0)
    given = {"height": 6, "width": 5, "hidden_channels": 4, "blocks": 1, "first_kernel_size": 3}
    return build_model(name, **(given | options)).eval()


def header_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(header: dict[str, Any], rest: bytes) -> bytes:
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + rest


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(path.name)
    assert message.endswith(".")
    assert "\n" not in message
    return message
