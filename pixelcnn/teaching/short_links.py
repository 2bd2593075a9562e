"""Short codes for long addresses, to show on the projector; stored in the runs folder.

A code stands for a page and its query, and nothing else: no host and no path can be stored, so a
code never leads out of the lab.
"""

from __future__ import annotations

import hashlib
import json
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
MAX_CHARACTERS = 4000
_FOLDER = ".links"
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")
_PAGE = re.compile(r"[a-z0-9_]{0,40}")


@dataclass(frozen=True)
class Place:
    """A page in one state.

    Attributes:
        page: name of the page in the address, such as `masks`; empty for the first page.
        query: (name, value) pairs of the address, in order.
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


def keep_link(place: Place, root: Path | None = None) -> str:
    """The code of a place, always the same for the same place. Old codes are deleted.

    Args:
        root: directory of all runs; None for `runs_root()`.

    Raises:
        LabError: the link cannot be written, or another place has the same code.
    """
    folder = (root or runs_root()) / _FOLDER
    content = json.dumps({"page": place.page, "query": place.query}).encode()
    code = _code_of(content)
    path = folder / f"{code}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and find_link(code, root) not in (None, place):
            raise LabError("This short link is taken. Share the long address.")
        atomic_write(path, content, durable=False)
        _make_room(folder)
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


def _make_room(folder: Path) -> None:
    paths = list(folder.glob("*.json"))
    if len(paths) <= MAX_KEPT:
        return
    for path in sorted(paths, key=lambda path: path.stat().st_mtime)[: len(paths) - MAX_KEPT]:
        path.unlink(missing_ok=True)
