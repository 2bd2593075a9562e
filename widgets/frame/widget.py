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
        query: the query to share, from `sent_query`.
        address: the link, short if it could be stored.
        code: the link's QR code: bool `(side, side)`, True where it is dark.
        note: a sentence about the link, or empty.
    """

    query: str
    address: str
    code: npt.NDArray[np.bool_]
    note: str = ""


def sent_query(key: str) -> str | None:
    """The query of the address to share; None if there is none or it is invalid."""
    query = sent_by(key, "share").get("query")
    return query if isinstance(query, str) and len(query) <= _MAX_QUERY else None


def frame(shared: Shared | None, *, projector: bool, key: str) -> None:
    """Draw the two buttons and their dialogs.

    shared     the link that the browser requested last (`sent_query`), if any
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
