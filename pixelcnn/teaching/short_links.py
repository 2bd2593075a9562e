"""Short codes for long addresses, to show on the projector; stored in the runs folder.

A code stands for a page and its query, and nothing else: no host and no path can be stored, so a
code never leads out of the lab.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pixelcnn.errors import LabError
from pixelcnn.runs.store import runs_root
from pixelcnn.system.atomic_files import atomic_write

# No characters that look alike when copied by hand.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 6
MAX_KEPT = 2000
MAX_OF_ONE = 100
TEACHER = "teacher"
"""Whoever has the teacher's key: these links are never deleted to make room."""

ANYBODY = "anybody"
LINK = "s"
"""The query parameter of a code; a link never holds one, so following it takes one step."""

MAX_CHARACTERS = 4000
_FOLDER, _MAKERS = ".links", "of"
_MAKER = re.compile("[a-z0-9]{1,64}")
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")
_PAGE = re.compile(r"[a-z0-9_]{0,40}")


@dataclass(frozen=True)
class Place:
    """A page in one state.

    Attributes:
        page: name of the page in the address, such as `masks`; empty for the first page.
        query: (name, value) pairs of the address, in order; names may be repeated.
    """

    page: str
    query: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not _PAGE.fullmatch(self.page):
            raise LabError("This is not the name of a page.")
        if sum(len(name) + len(value) for name, value in self.query) > MAX_CHARACTERS:
            raise LabError(
                f"This address is too long for a short link: more than {MAX_CHARACTERS:,} letters. "
                "Share the address itself."
            )


def keep_link(place: Place, root: Path | None = None, *, maker: str = ANYBODY) -> str:
    """The code of a place, always the same for the same place.

    Old codes are deleted: each maker has a limited number, and if there are too many in all, those
    of whoever made most go first.

    Args:
        place: codes in its query are left out.
        root: directory of all runs; None for `runs_root()`.
        maker: letters and digits that identify who shares it; `TEACHER` for links that stay.

    Raises:
        LabError: the link cannot be written, or another place has the same code.
    """
    if not _MAKER.fullmatch(maker):
        raise LabError("Only letters and digits can name the maker of a short link.")
    place = Place(place.page, tuple(pair for pair in place.query if pair[0] != LINK))
    folder = (root or runs_root()) / _FOLDER
    content = json.dumps({"page": place.page, "query": place.query}).encode()
    code = _code_of(content)
    path = folder / f"{code}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and find_link(code, root) not in (None, place):
            raise LabError("This short link is taken. Share the long address.")
        atomic_write(path, content, durable=False)
        (folder / _MAKERS / maker).mkdir(parents=True, exist_ok=True)
        (folder / _MAKERS / maker / code).touch()
        _make_room(folder, maker)
    except OSError as error:
        reason = error.strerror or error
        raise LabError(
            f"The short link cannot be stored: {reason}. Use the long address."
        ) from error
    return code


def find_link(code: str, root: Path | None = None) -> Place | None:
    """The place of a code; None if unknown or damaged."""
    if not _CODE.fullmatch(code):
        return None
    path = (root or runs_root()) / _FOLDER / f"{code}.json"
    try:
        with path.open("rb") as file:
            stored = json.loads(file.read(8 * MAX_CHARACTERS))
        return Place(str(stored["page"]), tuple(_pairs(stored["query"])))
    except (OSError, ValueError, TypeError, KeyError, LabError):
        return None


def _pairs(stored: Iterable[Iterable[str]]) -> Iterable[tuple[str, str]]:
    for name, value in stored:
        yield str(name), str(value)


def _code_of(content: bytes) -> str:
    hashed = int.from_bytes(hashlib.sha256(content).digest())
    letters = []
    for _ in range(CODE_LENGTH):
        hashed, letter = divmod(hashed, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _make_room(folder: Path, maker: str) -> None:
    if maker != TEACHER:
        own = folder / _MAKERS / maker
        for code in _oldest_first(folder, own)[:-MAX_OF_ONE]:
            _drop(folder, own / code)
    surplus = sum(1 for _ in folder.glob("*.json")) - MAX_KEPT
    if surplus <= 0:
        return
    makers = {one.name: _oldest_first(folder, one) for one in (folder / _MAKERS).iterdir()}
    lasting = set(makers.pop(TEACHER, []))
    known = lasting.union(*makers.values())
    for path in folder.glob("*.json"):  # by an earlier version, without a maker
        if surplus > 0 and path.stem not in known:
            path.unlink(missing_ok=True)
            surplus -= 1
    while surplus > 0 and any(makers.values()):
        most = max(makers, key=lambda name: len(makers[name]))
        surplus -= _drop(folder, folder / _MAKERS / most / makers[most].pop(0))


def _oldest_first(folder: Path, maker: Path) -> list[str]:
    """The codes of a maker; those whose file is gone come first."""

    def age(code: str) -> float:
        try:
            return (folder / f"{code}.json").stat().st_mtime_ns
        except OSError:
            return 0

    return sorted(os.listdir(maker), key=age)


def _drop(folder: Path, mark: Path) -> bool:
    """Forget that a maker has made a code; whether the code is gone, since nobody else made it."""
    mark.unlink(missing_ok=True)
    if next((folder / _MAKERS).glob(f"*/{mark.name}"), None) is not None:
        return False
    (folder / f"{mark.name}.json").unlink(missing_ok=True)
    return True
