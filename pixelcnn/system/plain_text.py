"""Shows text of users as it is: no markup in a name or a message is carried out.

Names of files, folders, classes and models, and messages that quote them, may come from anybody.
In Markdown they could load pictures from other hosts, or show links and formulas.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from html import escape

from pixelcnn.system.shipped import ROOT

_MARKUP = re.compile(r"[\\`*\[\]<>$~&|]|(?<!\w)_|_(?!\w)")
_BLOCK_START = re.compile(r"(?:[#+\-=]|\d+(?=[.)]))")

# Streamlit makes links, icons, emoji and arrows of the finished text, where a backslash does not
# help. A word joiner, which cannot be seen, takes these apart.
_JOINER = "\N{WORD JOINER}"
_AFTERWARDS = re.compile(
    r":(?=//)"  # https://
    r"|www(?=\.)"
    r"|@(?=[\w.-])"  # addresses of mail
    r"|:(?=[\w+/-]+:)"  # :material/home:, :smile:
    r"|[<>~-](?=[-=>])",  # -> becomes an arrow
    re.IGNORECASE,
)


# Control characters, and those that turn the direction of reading.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: object) -> str:
    """The text as Markdown that shows exactly this text, on one line.

    Only the folders of the server are left out: a viewer learns what a file is called, not where.
    """
    words = " ".join(_CONTROLS.sub("?", _without_folders(str(text))).split())
    apart = _AFTERWARDS.sub(lambda found: found[0] + _JOINER, words)
    escaped = _MARKUP.sub(r"\\\g<0>", apart)
    start = _BLOCK_START.match(escaped)
    if start is None:
        return escaped
    at = start.end() if start[0][0].isdigit() else 0
    return f"{escaped[:at]}\\{escaped[at:]}"


def _without_folders(text: str) -> str:
    """The text with the files of the server named from the folders that the lab uses."""
    for folder in sorted(_folders(), key=len, reverse=True):
        text = text.replace(f"{folder}{os.sep}", "").replace(folder, os.path.basename(folder))
    return text


def _folders() -> set[str]:
    named = [os.environ.get(name) for name in ("PIXELCNN_RUNS", "PIXELCNN_DATA")]
    used = [os.getcwd(), os.path.expanduser("~"), tempfile.gettempdir(), sys.prefix, str(ROOT)]
    folders = {os.path.abspath(one) for one in (*named, *used) if one}
    return {one for one in folders if len(one) > len("/a")}


def plain_html(text: object) -> str:
    """The text for HTML and SVG, also between quotes."""
    return escape(_CONTROLS.sub("?", str(text)))
