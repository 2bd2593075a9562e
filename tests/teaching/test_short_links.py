"""Short links find what was shared, and a code reaches nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from pixelcnn.errors import LabError
from pixelcnn.runs.store import list_runs
from pixelcnn.teaching import short_links
from pixelcnn.teaching.short_links import MAX_CHARACTERS, TEACHER, Place, find_link, keep_link

PLACE = Place("sample", (("label", "3"), ("n", "4"), ("n", "ü&=/../?")))


def test_a_place_has_one_code_and_is_found_by_it(tmp_path: Path) -> None:
    code = keep_link(PLACE, tmp_path)
    assert find_link(code, tmp_path) == PLACE
    assert keep_link(PLACE, tmp_path) == code
    assert keep_link(Place("sample"), tmp_path) != code
    assert list_runs(tmp_path) == []


@given(st.text(max_size=12) | st.sampled_from(["../../x", "..", "/etc/passwd", "abc123\n", "."]))
def test_other_text_is_not_a_code(text: str) -> None:
    assert find_link(text, Path(__file__).parent) is None


@given(st.text())
def test_a_page_is_a_plain_name_and_never_another_address(name: str) -> None:
    plain = len(name) <= 40 and all(
        letter in "abcdefghijklmnopqrstuvwxyz0123456789_" for letter in name
    )
    if plain:
        assert Place(name).page == name
    else:
        with pytest.raises(LabError, match="not the name of a page"):
            Place(name)


@pytest.mark.parametrize("page", ["//evil.example", "https:evil", "a/b", "..", "masks\n"])
def test_an_address_outside_the_lab_is_refused(page: str) -> None:
    with pytest.raises(LabError, match="not the name of a page"):
        Place(page)


def test_an_overlong_address_is_refused() -> None:
    with pytest.raises(LabError, match="too long"):
        Place("draw", (("drawing", "x" * MAX_CHARACTERS),))


def test_old_links_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_links, "MAX_KEPT", 3)
    first = keep_link(Place("masks"), tmp_path)
    os.utime(tmp_path / ".links" / f"{first}.json", (1, 1))
    later = [keep_link(Place("masks", (("size", str(size)),)), tmp_path) for size in range(3)]
    assert find_link(first, tmp_path) is None
    assert all(find_link(code, tmp_path) for code in later)


def test_who_makes_many_links_pushes_out_only_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_links, "MAX_KEPT", 12)
    monkeypatch.setattr(short_links, "MAX_OF_ONE", 8)
    of_teacher = [keep_link(Place(f"t{at}"), tmp_path, maker=TEACHER) for at in range(4)]
    of_anna = keep_link(Place("anna"), tmp_path, maker="anna")
    both = keep_link(Place("both"), tmp_path, maker="anna")
    keep_link(Place("both"), tmp_path, maker="ben")
    of_ben = [keep_link(Place(f"b{at}"), tmp_path, maker="ben") for at in range(30)]
    kept = [code for code in of_ben if find_link(code, tmp_path)]
    assert 5 <= len(kept) <= 8
    assert kept == of_ben[-len(kept) :]
    assert all(find_link(code, tmp_path) for code in [*of_teacher, of_anna, both])
    assert len(list((tmp_path / ".links").glob("*.json"))) <= 12


def test_a_link_never_leads_to_another_link(tmp_path: Path) -> None:
    code = keep_link(Place("masks", (("s", "abcdef"), ("size", "8"), ("s", ""))), tmp_path)
    assert find_link(code, tmp_path) == Place("masks", (("size", "8"),))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"page": "//x", "query": []}', b"\xff" * 9]
)
def test_a_damaged_file_is_not_a_link(tmp_path: Path, content: bytes) -> None:
    code = keep_link(PLACE, tmp_path)
    (tmp_path / ".links" / f"{code}.json").write_bytes(content)
    assert find_link(code, tmp_path) is None


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="cannot be stored"):
        keep_link(PLACE, tmp_path / "file")
