"""A report as a picture: what the worst pixel sees, misses, and must not see."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pixelcnn.auditing.report import Culprit, NetworkReport
from pixelcnn.auditing.words import in_words
from pixelcnn.system.plain_text import plain_html

# The colours of `widgets/base/colors.json`, and what each means on every page.
ROLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "target": ("#E69F00", "current pixel"),
        "seen": ("#0072B2", "seen"),
        "legal_not_yet": ("#56B4E9", "legal, not seen"),
        "never": ("#D55E00", "legal, never (blind spot)"),
        "future": ("#A6A6A6", "future"),
        "leak": ("#CC79A7", "leak: sees the future"),
    }
)
_CELL = 20
_LEGEND = 26
_KERNEL_MARKS = MappingProxyType(
    {"#": "seen", "o": "seen", ".": "future", "X": "leak", "?": "legal_not_yet"}
)


def roles_at(report: NetworkReport, row: int, column: int) -> np.ndarray[tuple[int, int], np.dtype]:
    """What each pixel is for the one at `(row, column)`, by the names of `ROLES`: `(H, W)`.

    With colours, a pixel is seen if any of its colours is seen by any colour of the target.
    """
    seen = report.relation[:, row, column].any(axis=(0, 1))
    legal = report.legal_map[:, row, column].any(axis=(0, 1))
    leaked = (report.relation & ~report.legal_map)[:, row, column].any(axis=(0, 1))
    reachable = report.limit[:, row, column].any(axis=(0, 1))
    roles = np.where(legal, "legal_not_yet", "future").astype(object)
    if report.has_limit:
        roles[legal & ~reachable] = "never"
    roles[seen & legal] = "seen"
    roles[leaked] = "leak"
    return roles


def svg(report: NetworkReport, pixel: tuple[int, int] | None = None) -> str:
    """The grid of the pixel that sees most of what it must not, as an SVG file.

    Args:
        report: with a relation.
        pixel: row and column of another pixel to show.
    """
    row, column = pixel or report.worst_pixel()
    roles = roles_at(report, row, column)
    height, width = roles.shape
    present = [role for role in ROLES if role == "target" or (roles == role).any()]
    left, top = 12, 40
    across = max(width * _CELL, 300)
    down = top + height * _CELL + 16 + _LEGEND * len(present)
    title = f"{report.name}: what the pixel at row {row}, column {column} sees"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across + 2 * left} {down}" '
        f'width="{across + 2 * left}" height="{down}" role="img" font-family="sans-serif">',
        f"<title>{plain_html(title)}</title>",
        _HATCH,
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{left}" y="24" font-size="14" fill="#16191F">{plain_html(title)}</text>',
    ]
    for y, x in np.ndindex(height, width):
        parts.append(_cell(str(roles[y, x]), left + x * _CELL, top + y * _CELL))
    parts.append(_outline(left + column * _CELL, top + row * _CELL))
    for index, role in enumerate(present):
        y = top + height * _CELL + 16 + index * _LEGEND
        mark = _outline(left, y) if role == "target" else _cell(role, left, y)
        words = ROLES[role][1]
        parts.append(
            f'{mark}<text x="{left + _CELL + 8}" y="{y + 15}" font-size="13" fill="#16191F">'
            f"{plain_html(words)}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def html(report: NetworkReport, pixel: tuple[int, int] | None = None) -> str:
    """The whole report as one HTML file, with the picture and the kernel to blame."""
    verdict = {"none": "No leak", "leak": "It looks ahead", "undecided": "Undecided"}
    text = "\n".join(in_words(report, pixel))
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>Audit of {plain_html(report.name)}</title>",
        "<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
        "color:#16191F;background:white}pre{white-space:pre-wrap;background:#f4f4f6;padding:1em}"
        "svg{max-width:100%;height:auto}</style></head><body>",
        f"<h1>{plain_html(report.name)}: {verdict[report.verdict]}</h1>",
        svg(report, pixel),
    ]
    for what, culprit in (
        ("The first to look ahead", report.culprit),
        ("What makes the blind spot", report.blind),
    ):
        if culprit is not None:
            parts += [f"<h2>{what}</h2>", _blamed(culprit)]
    return "\n".join(
        [*parts, "<h2>In words</h2>", f"<pre>{plain_html(text)}</pre>", "</body></html>", ""]
    )


def _blamed(culprit: Culprit) -> str:
    parts = [f"<p>{plain_html(culprit.name)} {plain_html(culprit.says)}.</p>"]
    if culprit.kernel is not None:
        rows = culprit.kernel.rows
        size = f"{len(rows[0]) * _CELL + 2}", f"{len(rows) * _CELL + 2}"
        cells = [
            _cell(_KERNEL_MARKS[mark], 1 + x * _CELL, 1 + y * _CELL)
            for y, row in enumerate(rows)
            for x, mark in enumerate(row)
        ]
        parts.append(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
            f'role="img" aria-label="its kernel">{_HATCH}{"".join(cells)}</svg>'
        )
    if culprit.code is not None:
        code = culprit.code
        parts.append(
            f"<p>{plain_html(code.file)}, line {code.number}:</p><pre>{plain_html(code.text)}</pre>"
        )
    return "\n".join(parts)


_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="white" stroke-width="1.5"/></pattern></defs>'
)


def _cell(role: str, x: int, y: int) -> str:
    colour = ROLES[role][0]
    inside = f'<rect x="{x}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" fill="{colour}"/>'
    if role == "leak":  # a colour never stands alone for what it means
        inside += f'<path d="M{x + 4} {y + 4}l11 11m0 -11l-11 11" stroke="white" stroke-width="2"/>'
    elif role == "never":
        inside += (
            f'<rect x="{x}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" fill="url(#hatch)"/>'
        )
    elif role == "legal_not_yet":
        inside += f'<circle cx="{x + 9.5}" cy="{y + 9.5}" r="2.5" fill="white"/>'
    return inside


def _outline(x: int, y: int) -> str:
    return (
        f'<rect x="{x + 1}" y="{y + 1}" width="{_CELL - 3}" height="{_CELL - 3}" fill="none" '
        f'stroke="{ROLES["target"][0]}" stroke-width="3"/>'
    )
