"""The facts of a card by type and bound: a card may come from anybody."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pixelcnn.system.checks import is_whole

_MOST = 1e15
_LONGEST_TEXT = 2000
_LONGEST_LIST = 1000

_NUMBERS = ("test_nats", "test_nats_stderr", "bits_per_dim", "seconds", "images_per_second")
_COUNTS = ("test_images", "step", "parameters_used", "seed")
_TEXTS = ("command", "hardware", "date", "torch", "run")


def typed_card(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card without facts of a wrong type, so that all others can be shown and compared.

    Facts that the lab does not know stay as they are.
    """
    kept = {name: value for name, value in card.items() if _fits(name, value)}
    if "data" in kept:
        data = kept["data"]
        kept["data"] = {name: value for name, value in data.items() if _fits_data(name, value)}
    return kept


def _fits(name: str, value: object) -> bool:
    if name in _NUMBERS:
        return _is_number(value)
    if name in _COUNTS:
        return is_whole(value, 0, _MOST)
    if name in _TEXTS:
        return _is_text(value)
    return isinstance(value, dict) if name == "data" else True


def _fits_data(name: str, value: object) -> bool:
    if name in ("name", "binarize"):
        return _is_text(value) or (name == "binarize" and value is None)
    if name in ("levels", "size"):
        return is_whole(value, 1, 2**16)
    if name == "class_names":
        return isinstance(value, list) and len(value) <= _LONGEST_LIST
    return True


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (
        math.isfinite(value) and abs(value) <= _MOST
        if isinstance(value, float)
        else (-_MOST <= value <= _MOST)
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT
