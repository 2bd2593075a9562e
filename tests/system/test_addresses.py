"""A machine's addresses in its networks: the likeliest first, and none that no browser can open."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, strategies as st

from pixelcnn.system.addresses import (
    is_loopback,
    machine_addresses,
    machine_names,
    ranked,
    url_of,
)

SCHOOL = {
    "lo": ["127.0.0.1", "::1"],
    "docker0": ["172.17.0.1"],
    "tun0": ["10.8.0.2"],
    "eth0": ["169.254.7.7", "fe80::1%eth0"],
    "wlan0": ["192.168.0.7", "fd00::7", "fe80::2"],
    "wlan1": ["10.0.0.9"],
}


def test_the_network_in_which_the_machine_sends_comes_first_and_inner_ones_last() -> None:
    assert ranked(SCHOOL, ["10.0.0.9"]) == [
        "10.0.0.9",
        "192.168.0.7",
        "fd00::7",
        "10.8.0.2",
        "172.17.0.1",
        "169.254.7.7",
    ]


def test_without_a_route_the_addresses_are_still_found() -> None:
    assert ranked(SCHOOL)[:2] == ["192.168.0.7", "10.0.0.9"]
    assert ranked({"eth0": ["169.254.7.7"]}) == ["169.254.7.7"]
    assert ranked({"lo": ["127.0.0.1", "::1"], "eth0": ["fe80::1%eth0"]}) == []


@given(
    st.dictionaries(
        st.sampled_from(["eth0", "docker0", "tun0", "lo", "WLAN 2"]),
        st.lists(st.ip_addresses().map(str), max_size=4),
    ),
    st.lists(st.ip_addresses().map(str), max_size=2),
)
def test_every_address_that_a_browser_can_open_is_listed_once(
    interfaces: dict[str, list[str]], senders: list[str]
) -> None:
    found = ranked(interfaces, senders)
    assert len(found) == len(set(found))
    every = {one for addresses in interfaces.values() for one in addresses}
    assert set(found) <= every
    for text in every - set(found):
        address = ipaddress.ip_address(text)
        assert (
            address.is_loopback
            or address.is_unspecified
            or address.is_multicast
            or (address.version == 6 and address.is_link_local)
        )


def test_a_server_on_one_address_is_reached_at_that_one() -> None:
    assert machine_addresses("192.168.0.9") == ["192.168.0.9"]
    assert machine_addresses("fd00::9") == ["fd00::9"]
    assert machine_addresses("127.0.0.1") == machine_addresses("::1") == []


def test_names_are_those_that_can_stand_in_an_address() -> None:
    assert all(url_of(name).startswith("http://") and " " not in name for name in machine_names())


@pytest.mark.parametrize(
    ("host", "port", "path", "scheme", "expected"),
    [
        ("0.0.0.0", 8501, "", "http", "http://localhost:8501"),
        ("::", 8997, "lab", "http", "http://localhost:8997/lab"),
        ("fd00::7", 8501, "/lab/", "http", "http://[fd00::7]:8501/lab"),
        ("lab.school", 443, "", "https", "https://lab.school"),
        ("lab.school", 80, "a/b", "http", "http://lab.school/a/b"),
        ("lab.school", 80, "", "https", "https://lab.school:80"),
    ],
)
def test_an_address_is_written_as_browsers_read_it(
    host: str, port: int, path: str, scheme: str, expected: str
) -> None:
    assert url_of(host, port, path, scheme) == expected


def test_loopback_hosts_are_recognised() -> None:
    for host in (
        "localhost",
        "LOCALHOST.",
        "lab.localhost",
        "127.8.8.8",
        "::1",
        "::ffff:127.0.0.1",
    ):
        assert is_loopback(host), host
    for host in ("192.168.0.7", "lab.school", "0.0.0.0", "fd00::1", "mylocalhost"):
        assert not is_loopback(host), host
