"""Photographs that the viewer's own browser makes smaller before they are sent."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from widgets.base.component import register, sent_by
from widgets.base.payload import pack

_component = register("photos")

LONGEST_SIDE = 1024
MOST_BYTES = 64 * 2**20
_MOST_FILES = 5000
_LONGEST_NAME = 300


@dataclass(frozen=True)
class Photos:
    """What has come so far.

    Attributes:
        choice: which choice of files it belongs to, as the browser numbered it.
        files: names and contents, JPEG or PNG, or as they were where the browser cannot read them.
        batches: in how many messages they came.
        complete: whether all have come.
    """

    choice: str = ""
    files: tuple[tuple[str, bytes], ...] = ()
    batches: int = 0
    complete: bool = False


def photos(label: str, *, key: str) -> Photos:
    """Let the viewer choose photographs; returns those that have come, once all have.

    Each is drawn on a canvas, upright, with no side above 1024 pixels, and sent as JPEG (PNG for
    formats that can be transparent). They come in messages of a few photographs, the next one when
    the last has arrived, so that no message is large and nothing is sent twice.
    """
    known = _known(key)
    meta = {"label": label, "side": LONGEST_SIDE, "choice": known.choice, "taken": known.batches}
    payload, _ = pack(meta, {})
    _component(key=key, data=payload, on_batch_change=partial(_take, key))
    known = _known(key)
    return known if known.complete else Photos()


def _known(key: str) -> Photos:
    known = st.session_state.get(_place(key))
    return known if isinstance(known, Photos) else Photos()


def _place(key: str) -> str:
    return f"{key}-come"


def _take(key: str) -> None:
    st.session_state[_place(key)] = with_batch(_known(key), sent_by(key, "batch"))


def with_batch(known: Photos, sent: Any) -> Photos:
    """What has come, with one more message; one that makes no sense, or comes twice, is dropped."""
    choice, number = str(sent.get("choice", ""))[:40], sent.get("batch")
    if number == 0:
        known = Photos(choice)
    if choice != known.choice or number != known.batches or not isinstance(sent.get("files"), list):
        return known
    files = list(known.files)
    size = sum(len(content) for _, content in files)
    for one in sent["files"]:
        content = _content(one)
        if content is None or size + len(content) > MOST_BYTES or len(files) >= _MOST_FILES:
            continue
        size += len(content)
        files.append((str(one.get("name", ""))[:_LONGEST_NAME], content))
    return replace(
        known,
        files=tuple(files),
        batches=known.batches + 1,
        complete=sent.get("last") is True,
    )


def _content(one: Any) -> bytes | None:
    data = one.get("data") if isinstance(one, dict) else None
    if not isinstance(data, str):
        return None
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
