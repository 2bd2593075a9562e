"""How streams name models: shipped ones by a number, others by a hash of their weights."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields

import torch

from pixelcnn.compression.form import Name
from pixelcnn.models.base import AutoregressiveModel

# The hash of the weights and the name of each shipped model that streams have been written with.
# Its place is its number, so lines are only added. Weights that were trained again are another
# model.
NUMBERED: tuple[tuple[int, str], ...] = (
    (0xE284AD00, "mnist-threshold-pixelcnnpp"),
    (0x15112043, "mnist-threshold-gated"),
    (0xD913D3E7, "mnist-threshold-pixelcnn"),
    (0x20A6D3E1, "mnist-threshold-eight-orders"),
    (0x1D788935, "mnist-static-pixelcnnpp"),
    (0x534B3ABD, "mnist-256-pixelcnnpp"),
    (0xF21CE97A, "mnist-256-gated"),
    (0x274692BE, "mnist-256-logistic"),
    (0x29EACEE7, "coloured-digits"),
    (0x7827A0D3, "coloured-digits-apart"),
    (0xB733180C, "photographs"),
    (0x3891AB0E, "mnist-threshold-tiny-gated_pixelcnn"),
    (0x145C90E5, "mnist-threshold-tiny-pixelcnn"),
    (0x92B1AB7B, "mnist-threshold-tiny-pixelcnn_attention"),
    (0x3A8BFAA3, "mnist-threshold-tiny-pixelcnnpp"),
    (0x6CE79AB4, "mnist-threshold-tiny-pixelrnn"),
    (0xD174C03C, "mnist-threshold-tiny-pixelsnail"),
)


def weights_hash(model: AutoregressiveModel) -> int:
    """The first 32 bits of the SHA-256 of architecture, options and weights, as float32.

    Options at their defaults are left out, so that a later one does not change the hash.
    """
    options = {
        field.name: value
        for field in fields(model.config)
        if (value := getattr(model.config, field.name)) != field.default
    }
    digest = hashlib.sha256(json.dumps([model.name, options], sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().to("cpu", torch.float32).contiguous().numpy().tobytes())
    return int.from_bytes(digest.digest()[:4], "big")


def name_of(found: int) -> Name:
    """The shortest name of the model whose weights have this hash."""
    for number, (weights, _) in enumerate(NUMBERED):
        if weights == found:
            return Name(number=number)
    return Name(hash=found)


def in_words(name: Name) -> str:
    """A name for messages."""
    if name.number is not None:
        known = name.number < len(NUMBERED)
        return NUMBERED[name.number][1] if known else f"a later shipped model ({name.number})"
    return f"a model whose weights have the hash {name.hash:08x}"
