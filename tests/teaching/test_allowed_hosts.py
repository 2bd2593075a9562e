"""The lab answers to its own names and to addresses, and to no other name."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pixelcnn.teaching.allowed_hosts import ANY_HOST, AllowedHosts, host_name
from pixelcnn.teaching.jupyter import server
from pixelcnn.teaching.public_address import PUBLIC_URL


def answer(guard: AllowedHosts, *hosts: bytes, kind: str = "http") -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    scope = {"type": kind, "headers": [(b"host", host) for host in hosts]}
    # In a thread of its own: other tests of this process may keep a loop running.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, guard(scope, receive, send)).result()
    return sent


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> AllowedHosts:
    monkeypatch.setenv(PUBLIC_URL, "https://Lab.School.example:444/room")
    monkeypatch.setattr("pixelcnn.teaching.allowed_hosts.machine_names", lambda: ["desk"])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send("served")

    return AllowedHosts(app)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    [
        b"localhost:8501",
        b"127.0.0.1",
        b"[::1]:8501",
        b"192.168.0.7:8501",
        b"DESK:8501",
        b"lab.school.example",
        b"lab.school.example.:443",
    ],
)
def test_own_names_and_addresses_are_answered(guard: AllowedHosts, host: bytes, kind: str) -> None:
    assert answer(guard, host, kind=kind) == ["served"]


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        (b"",),
        (b"evil.example",),
        (b"localhost.evil.example",),
        (b"localhost@evil.example",),
        (b"localhost", b"evil.example"),
        (b"localhost:x",),
        (b"localhost/evil.example",),
        (b"1.2.3",),
        (b"\xff",),
    ],
)
def test_other_names_are_told_what_to_do(guard: AllowedHosts, hosts: tuple[bytes, ...]) -> None:
    start, body = answer(guard, *hosts)
    assert start["status"] == 403
    assert b"--public-url" in body["body"]
    [close] = answer(guard, *hosts, kind="websocket")
    assert close["type"] == "websocket.close"


def test_a_refusal_shows_the_name_as_text(guard: AllowedHosts) -> None:
    _, body = answer(guard, b"<b>evil</b>.example")
    assert b"<b>" not in body["body"]


def test_a_name_is_read_without_its_port() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("Lab.Example.:80") == "lab.example"
    assert host_name("a:99999") == host_name("a b?c") == ""


def test_every_name_is_answered_where_another_server_has_the_sign_in(
    guard: AllowedHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not guard.allows("hub.school.example")
    monkeypatch.setenv(ANY_HOST, "1")
    assert guard.allows("hub.school.example")
    assert server()["environment"][ANY_HOST] == "1"
