"""The address for others: what the browser uses, what a person gives, or the machine's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from pixelcnn.cli import main
from pixelcnn.cli.app import App
from pixelcnn.errors import LabError
from pixelcnn.teaching.lesson_stops import STOPS
from pixelcnn.teaching.public_address import (
    PUBLIC_URL,
    PublicAddress,
    address_for_others,
    checked_url,
    public_url,
)

MACHINE = ("192.168.0.7", "fd00::7")


@pytest.mark.parametrize(
    ("seen", "page", "expected"),
    [
        ("http://localhost:8501/masks", "masks", "http://192.168.0.7:8501"),
        ("http://127.0.0.1:8501/?a=b", "", "http://192.168.0.7:8501"),
        ("http://[::1]:8501/lab/draw", "draw", "http://192.168.0.7:8501/lab"),
        ("http://localhost:8501/lab/", "", "http://192.168.0.7:8501/lab"),
        ("https://lab.school/masks", "masks", "https://lab.school"),
        ("https://school.example/a/lab/masks/", "masks", "https://school.example/a/lab"),
        ("https://hub.school/user/anna/proxy/8501/", "", "https://hub.school/user/anna/proxy/8501"),
        ("http://192.168.0.9:80/draw", "draw", "http://192.168.0.9"),
        ("http://[fd00::9]:8501/draw", "draw", "http://[fd00::9]:8501"),
        # A prefix may have the name of a page.
        ("http://lab.school/draw/", "", "http://lab.school/draw"),
        ("http://lab.school/draw/draw", "draw", "http://lab.school/draw"),
        ("http://lab.school/withdraw", "draw", "http://lab.school/withdraw"),
        (None, "draw", "http://192.168.0.7:8501"),
        ("nonsense", "", "http://192.168.0.7:8501"),
        ("http://[::1", "", "http://192.168.0.7:8501"),
    ],
)
def test_the_browser_s_own_address_is_handed_on_and_localhost_becomes_the_machine_s(
    seen: str | None, page: str, expected: str
) -> None:
    found = address_for_others(seen, page, port=8501, machine=MACHINE)
    assert found.url == expected
    assert found.others
    assert not found.forwarded


@pytest.mark.parametrize(
    ("seen", "direct"),
    [
        ("http://localhost:8080/masks", True),  # another port than the server's
        ("https://localhost:8501/masks", True),  # the server speaks no HTTPS
        ("http://localhost/masks", True),
        ("http://localhost:8501/masks", False),  # into a container
    ],
)
def test_a_forwarded_port_is_not_mistaken_for_the_machine_s_own(seen: str, direct: bool) -> None:
    found = address_for_others(seen, "masks", port=8501, direct=direct, machine=MACHINE)
    assert found == PublicAddress(seen.removesuffix("/masks"), False, forwarded=True)


def test_what_only_this_computer_reaches_is_said_to_be_so() -> None:
    seen = "http://localhost:8501/masks"
    alone = PublicAddress("http://localhost:8501", False)
    assert address_for_others(seen, "masks", port=8501, machine=()) == alone
    assert address_for_others(seen, "masks", port=8501, host="127.0.0.1") == alone


def test_a_given_address_is_always_right() -> None:
    given_one = "https://school.example/lab"
    for seen in (None, "http://localhost:8080/masks", "http://192.168.0.9/masks"):
        found = address_for_others(seen, "masks", port=8501, public=given_one, machine=MACHINE)
        assert found == PublicAddress(given_one, True)


@given(st.text())
def test_whatever_a_browser_sends_an_address_comes_of_it(seen: str) -> None:
    found = address_for_others(seen, "draw", port=8501, machine=MACHINE)
    assert found.url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://school.example/lab/", "https://school.example/lab"),
        (" http://10.0.0.7:8501 ", "http://10.0.0.7:8501"),
        ("http://[fd00::7]:8501", "http://[fd00::7]:8501"),
        ("https://schüle.example/", "https://xn--schle-mva.example"),
        ("http://lab:80/a%20b", "http://lab/a%20b"),
    ],
)
def test_a_typed_address_is_taken_as_it_is_meant(text: str, expected: str) -> None:
    assert checked_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "school.example",
        "ftp://school.example",
        "http://",
        "http://a b",
        "http://a:99999",
        "http://a:x",
        "https://a/?run=1",
        "https://a/#top",
        "https://anna:key@a/",
        "http://[::1",
        "javascript:a",
    ],
)
def test_a_typed_address_that_would_not_open_the_app_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LabError, match="--public-url"):
        checked_url(text)
    monkeypatch.setenv(PUBLIC_URL, text)
    with pytest.raises(LabError, match=PUBLIC_URL):
        public_url()
    assert main(["app", "--public-url", text]) == 2
    assert "https://school.example/lab" in capsys.readouterr().err


def test_the_app_names_every_address_and_the_likeliest_first() -> None:
    others = [f"http://{one}:8501" for one in ("192.168.0.7", "10.0.0.9", "[fd00::7]")]
    lines = App()._welcome("http://localhost:8501", others, "3f9a").splitlines()
    places = [next(at for at, line in enumerate(lines) if line.endswith(one)) for one in others]
    assert places == sorted(places)
    assert lines[places[0]].split()[:3] == ["For", "the", "class"]
    assert "no network was found" in App()._welcome("http://localhost:8501", [], "3f9a")
    assert "For the class" not in App(host="127.0.0.1")._welcome("http://localhost:1", [], "3f9a")


def test_a_handout_leads_to_the_app(tmp_path: Path) -> None:
    app = "https://school.example/lab"
    for name in ("plain.md", "linked.md", "linked.pdf"):
        extra = ["--public-url", app] if "linked" in name else []
        assert main(["handout", "--output", str(tmp_path / name), *extra]) == 0
    plain, linked = ((tmp_path / name).read_text() for name in ("plain.md", "linked.md"))
    assert "http" not in plain
    assert linked.count(f"<{app}/") == len(STOPS)
    assert (tmp_path / "linked.pdf").read_bytes().count(f"({app}/".encode()) == len(STOPS)
