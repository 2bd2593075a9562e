"""The key by which this browser is known again, kept in the page's storage."""

from __future__ import annotations

import re

from widgets.base.component import register, sent_by, show

_component = register("browser_key")
_FORM = re.compile(r"[0-9a-f]{32}")


def valid_key(text: object) -> bool:
    """Whether it can be a key: 32 hexadecimal digits. A browser may send anything."""
    return isinstance(text, str) and bool(_FORM.fullmatch(text))


def kept_key(key: str) -> str | None:
    """The key that this browser had kept from an earlier visit, once it has reported it."""
    secret = sent_by(key, "kept").get("secret")
    return secret if isinstance(secret, str) and valid_key(secret) else None


def browser_key(offered: str, *, known: bool, key: str) -> None:
    """Let the browser keep a key, or report the one that it has kept before.

    offered  the key of this session
    known    whether the browser has sent it itself, in its cookie: it then replaces a kept one
    """
    show(_component, key, {"offered": offered, "known": known}, {}, "kept")
