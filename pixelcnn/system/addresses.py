"""The addresses and names of this machine in its networks."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping, Sequence

PORTS = {"http": 80, "https": 443}
"""The port of each scheme that an address need not name."""

HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")

EVERYWHERE = ("0.0.0.0", "::")
"""Hosts to listen on that stand for all of a machine's addresses: IPv4, and IPv4 with IPv6."""

# Networks that exist inside the machine, or that others in the room are not in.
_INNER = re.compile(
    r"(docker|br-|veth|virbr|vmnet|vbox|vethernet|podman|cni|flannel|lxc|lxd)", re.I
)
_TUNNEL = re.compile(r"(tun|tap|utun|ppp|wg|tailscale|zt|ipsec|nordlynx)", re.I)
# Reserved for documentation (RFC 5737, RFC 3849): nothing is sent to them.
NOWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}

Interfaces = Mapping[str, Sequence[str]]
"""The IP addresses of each network interface by its name."""


# ---------------------------------------------------------------- this machine


def machine_addresses(host: str = "::") -> list[str]:
    """The IP addresses at which other machines may reach a server here, the likeliest first.

    Args:
        host: the address that the server listens on; one of `EVERYWHERE` for all.

    Returns:
        IPv4 and IPv6 addresses without brackets. Empty without a network, and for a server that
        only this machine reaches.
    """
    if host not in EVERYWHERE:
        return [] if is_loopback(host) else [host]
    found = ranked(_interfaces(), _senders())
    return [one for one in found if host == "::" or ":" not in one]


def machine_names() -> list[str]:
    """The host names by which others may know this machine: plain, in full, and with `.local`."""
    name = socket.gethostname().rstrip(".").lower()
    plain = name.partition(".")[0]
    names = dict.fromkeys([plain, name, f"{plain}.local"])
    return [one for one in names if HOST_NAME.fullmatch(one) and one != "localhost"]


def ranked(interfaces: Interfaces, senders: Iterable[str] = ()) -> list[str]:
    """The addresses of `interfaces` that other machines can open, the likeliest first.

    The network in which this machine sends comes first, then other networks with IPv4 before IPv6,
    then tunnels and networks inside the machine, and last those that machines give themselves
    without a router. An IPv6 address that needs a zone (fe80::/10) is left out: browsers cannot
    open it.

    Args:
        interfaces: by name, as the system lists them.
        senders: the addresses from which the system would send to other networks.
    """
    first = set(senders)
    ranks: dict[str, tuple[int, int, int]] = {}
    for name, addresses in interfaces.items():
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            if (
                address.is_loopback
                or address.is_unspecified
                or address.is_multicast
                or (address.version == 6 and address.is_link_local)
            ):
                continue
            place = 2 if _INNER.match(name) else 1 if _TUNNEL.match(name) else 0
            unrouted = 3 if address.is_link_local else place
            ranks.setdefault(str(address), (unrouted, address.version, str(address) not in first))
    return sorted(ranks, key=lambda text: (ranks[text][0], ranks[text][1], ranks[text][2]))


def _interfaces() -> dict[str, list[str]]:
    import psutil

    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    families = (socket.AF_INET, socket.AF_INET6)
    return {
        name: [one.address for one in entries if one.family in families]
        for name, entries in psutil.net_if_addrs().items()
        if name in up
    }


def _senders() -> list[str]:
    """From which address the system would send, for each kind. Nothing is sent."""
    found = []
    for family, nowhere in NOWHERE.items():
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((nowhere, 9))
                found.append(probe.getsockname()[0])
        except OSError:
            continue  # no route: a router of one's own without the Internet
    return found


# ---------------------------------------------------------------- addresses as text


def url_of(host: str, port: int | None = None, path: str = "", scheme: str = "http") -> str:
    """An address without a slash at its end; an IPv6 host gets its brackets.

    Args:
        host: name or IP address; one of `EVERYWHERE` becomes `localhost`.
        port: left out if it is the scheme's own.
        path: the part under which the app is served, such as `lab`.
    """
    host = "localhost" if host in EVERYWHERE else host
    bracketed = f"[{host}]" if ":" in host else host
    shown = "" if port in (None, PORTS.get(scheme)) else f":{port}"
    prefix = path.strip("/")
    return f"{scheme}://{bracketed}{shown}" + (f"/{prefix}" if prefix else "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is only reachable from this machine."""
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (inner or address).is_loopback
