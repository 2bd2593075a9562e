"""Answers only requests for this machine's own names, so that no other web site reaches the lab.

A page that a student has open elsewhere may give its own host name the address of this machine
(DNS rebinding). To the browser it is then the same site, and may read what the lab answers. But
each request tells the name that it is for.
"""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from pixelcnn.errors import LabError
from pixelcnn.system.addresses import machine_names
from pixelcnn.system.plain_text import plain_html
from pixelcnn.teaching.public_address import public_url

ANY_HOST = "PIXELCNN_ANY_HOST"

_LOOK_EVERY_S = 10.0
_LONGEST_NAME = 100

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class AllowedHosts:
    """ASGI middleware that refuses requests and connections for any other host name.

    Allowed are `localhost`, the names of this machine, the host of `PIXELCNN_PUBLIC_URL`, and every
    IP address: the name of another site is never one. `PIXELCNN_ANY_HOST=1` allows all names, for a
    lab that is only reached through a server with a sign-in of its own, as in Jupyter.

    Args:
        app: to pass allowed requests on to.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._names: frozenset[str] = frozenset()
        self._looked_at = -_LOOK_EVERY_S
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        name = host_name(hosts[0].decode("latin-1")) if len(hosts) == 1 else ""
        if self.allows(name):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(name, send)

    def allows(self, name: str) -> bool:
        """Whether this machine may be called so."""
        if name == "localhost" or name.endswith(".localhost") or _is_address(name):
            return True
        if os.environ.get(ANY_HOST) == "1":
            return True
        with self._lock:
            now = time.monotonic()
            if name not in self._names and now - self._looked_at > _LOOK_EVERY_S:
                self._looked_at = now
                self._names = own_names()
            return name in self._names


def own_names() -> frozenset[str]:
    """The names of this machine, and the one under which it is said to be known."""
    names = set(machine_names())
    try:
        public = urlsplit(public_url() or "").hostname
    except LabError:  # the command that starts the lab has said so
        public = None
    return frozenset(names | {public}) if public else frozenset(names)


def host_name(host: str) -> str:
    """The name in a Host header, without its port, in lower case; "" if it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    if parts.netloc != host or "@" in host or parts.hostname is None:
        return ""
    return parts.hostname.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(name: str, send: Send) -> None:
    shown = plain_html(name[:_LONGEST_NAME]) or "no name"
    page = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>PixelCNN Lab</title>'
        f"<p>PixelCNN Lab is not known here as {shown}. Open it by an address that its terminal "
        "shows. Whoever runs the lab can allow this name: start it with --public-url and the "
        "whole address.</p></html>"
    ).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(page)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": page})
