"""Under which address other machines find this one."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

# Reserved for documentation (RFC 5737): it belongs to nobody, and nothing is sent to it.
_NOWHERE = ("192.0.2.1", 9)


def lan_address() -> str | None:
    """This machine's number in its network, such as 192.168.0.7; None if it is in no network.

    The operating system is asked from where it would send to another machine. Nothing is sent.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOWHERE)
            found: str = probe.getsockname()[0]
        except OSError:
            return None
    number = ipaddress.ip_address(found)
    return None if number.is_loopback or number.is_unspecified else found


def is_loopback(host: str) -> bool:
    """Whether a host's name or number only means "this very machine"."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_for_others(url: str, lan: str | None) -> str:
    """The address of a server, without a path, as other machines may open it.

    Args:
        url: an address under which the server is open on this machine.
        lan: what `lan_address` found; it takes the place of a name that only holds here.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if is_loopback(host) and lan:
        host = lan
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}"
