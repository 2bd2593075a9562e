"""The address of the app to hand on to others: for links, QR codes and handouts."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pixelcnn.errors import LabError
from pixelcnn.system.addresses import (
    EVERYWHERE,
    HOST_NAME,
    PORTS,
    is_loopback,
    machine_addresses,
    url_of,
)

PUBLIC_URL = "PIXELCNN_PUBLIC_URL"
"""Environment variable of the address that others open, where only a person can know it."""


def checked_url(text: str, name: str = "--public-url") -> str:
    """An address of the app that somebody typed in, without a slash at its end.

    Args:
        name: of the option, for the message.

    Raises:
        LabError: it is not the address of a web page, or has a part that the app would lose.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
        if host and not host.isascii():
            host = host.encode("idna").decode()  # as browsers send it
        whole = host and (HOST_NAME.fullmatch(host) or ipaddress.ip_address(host))
    except ValueError:
        whole = None
        host = port = None
    extra = whole and (parts.query or parts.fragment or parts.username or parts.password)
    if not whole or host is None or parts.scheme not in PORTS or extra:
        raise LabError(
            f"{name} {text!r} is not the address of the app. Write it as students open it, such as "
            "https://school.example/lab."
        )
    return url_of(host, port, quote(parts.path, safe="/%~"), parts.scheme)


def public_url() -> str | None:
    """The address in `PIXELCNN_PUBLIC_URL`; None if there is none.

    Raises:
        LabError: it is not an address.
    """
    text = os.environ.get(PUBLIC_URL, "").strip()
    return checked_url(text, PUBLIC_URL) if text else None


# ---------------------------------------------------------------- the address to hand on


@dataclass(frozen=True)
class PublicAddress:
    """The address of the app for others.

    Attributes:
        url: without a slash at its end; the prefix under which the app is served is part of it.
        others: whether other machines can open it.
        forwarded: it leads to this machine, and the app is on another one or in a container.
        alternatives: further addresses, if the machine has several.
    """

    url: str
    others: bool
    forwarded: bool = False
    alternatives: tuple[str, ...] = ()


def address_for_others(
    seen: str | None,
    page: str,
    *,
    port: int,
    host: str = "::",
    direct: bool = True,
    public: str | None = None,
    machine: Sequence[str] | None = None,
) -> PublicAddress:
    """The address of the app for others, as seen by a browser that has it open.

    Where the browser uses an address that others can use, it is that one: a proxy, a prefix and a
    forwarded port are in it, and the server knows nothing of them. Where it uses `localhost`, the
    machine's own address takes its place, but only if the browser is connected to the server
    directly.

    Args:
        seen: the address in the browser, with or without query; None if unknown.
        page: the name of the open page in it, such as `masks`; "" for the first page.
        port: on which the server listens.
        host: on which the server listens.
        direct: the server, too, sees the browser on its own machine.
        public: the address that a person has given (`public_url`); it is always right.
        machine: from `machine_addresses`; None to look.
    """
    if public:
        return PublicAddress(public, True)
    try:
        parts = urlsplit(seen or "")
        name, seen_port = parts.hostname or "localhost", parts.port
    except ValueError:
        return address_for_others(None, page, port=port, host=host, machine=machine)
    scheme = parts.scheme if parts.scheme in PORTS else "http"
    path = parts.path.strip("/")
    if page and (path == page or path.endswith(f"/{page}")):
        path = path[: -len(page)].rstrip("/")
    if not parts.hostname:
        seen_port, path = port, ""
    here = url_of(name, seen_port, path, scheme)
    if not is_loopback(name) and name not in EVERYWHERE:
        return PublicAddress(here, True)
    if is_loopback(host):
        return PublicAddress(here, False)
    if scheme != "http" or (seen_port or PORTS[scheme]) != port or not direct:
        return PublicAddress(here, False, forwarded=True)
    found = machine_addresses(host) if machine is None else list(machine)
    if not found:
        return PublicAddress(here, False)
    first, *rest = (url_of(one, port, path) for one in found)
    return PublicAddress(first, True, alternatives=tuple(rest))
