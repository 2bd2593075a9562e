"""The address under which other machines reach this one."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

# Reserved for documentation (RFC 5737): it has no owner, and nothing is sent to it.
_NOWHERE = ("192.0.2.1", 9)


def lan_address() -> str | None:
    """This machine's IP address in its network, such as 192.168.0.7; None without a network.

    The system reports which address it would send from. Nothing is sent.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOWHERE)
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    ip = ipaddress.ip_address(address)
    return None if ip.is_loopback or ip.is_unspecified else address


def is_loopback(host: str) -> bool:
    """Whether a host name or address is only reachable from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_for_others(url: str, lan: str | None) -> str:
    """A server's address, without a path, for other machines.

    Args:
        url: under which the server is reachable on this machine.
        lan: from `lan_address`; replaces a loopback host.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if is_loopback(host) and lan:
        host = lan
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}"
