"""The foot of the sidebar on every page: the share button, and the list of keys (`?`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import Array
from widgets.base.component import register, sent_by, show
from widgets.base.keys import EVERYWHERE, WIDGET_KEYS

_component = register("frame", "frame/dialog.js", "frame/share.js")
_MAX_QUERY = 4000


@dataclass(frozen=True)
class Shared:
    """A requested link.

    Attributes:
        query: the query to share, of the `Request`.
        address: the link, short if it could be stored.
        code: the link's QR code: bool `(side, side)`, True where it is dark.
        note: a sentence about the link, or empty.
    """

    query: str
    address: str
    code: npt.NDArray[np.bool_]
    note: str = ""


@dataclass(frozen=True)
class Request:
    """A link that the browser asks for.

    Attributes:
        query: of the page to share, without `?`.
        seen: the page's address in this browser, without its query.
    """

    query: str
    seen: str


def sent_request(key: str) -> Request | None:
    """The link that the browser asked for last; None if there is none or it is invalid."""
    sent = sent_by(key, "share")
    query, seen = sent.get("query"), sent.get("seen")
    if not isinstance(query, str) or not isinstance(seen, str):
        return None
    return Request(query, seen) if max(len(query), len(seen)) <= _MAX_QUERY else None


def frame(shared: Shared | None, *, projector: bool, key: str) -> None:
    """Draw the two buttons and their dialogs.

    shared     the link that the browser requested last (`sent_request`), if any
    projector  whether the whole page is in projector mode
    """
    meta: dict[str, Any] = {
        "widgets": WIDGET_KEYS,
        "everywhere": EVERYWHERE,
        "projector": projector,
        "shared": None,
    }
    arrays: dict[str, Array] = {}
    if shared is not None:
        meta["shared"] = {
            "query": shared.query,
            "address": shared.address,
            "note": shared.note,
            "side": len(shared.code),
        }
        arrays["code"] = shared.code
    show(_component, key, meta, arrays, "share")
