"""The charts of the page Bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from pages.bytes.intervals import Split
from widgets.base.colors import role

if TYPE_CHECKING:
    import altair as alt

_LINE = 30  # CSS pixels


def sizes_chart(sizes: Mapping[str, int], models: Sequence[str], raw: int) -> alt.LayerChart:
    """A bar for each file, with its bytes, and a line at the bare bits."""
    import altair as alt

    table = pd.DataFrame(
        {
            "file": list(sizes),
            "bytes": list(sizes.values()),
            "by": ["a model" if name in models else "a general format" for name in sizes],
        }
    )
    colors = [role("drawn").color, role("future").color]
    by = alt.Color(
        "by:N",
        scale=alt.Scale(domain=["a model", "a general format"], range=colors),
        legend=alt.Legend(title=None, orient="top"),
    )
    y = alt.Y("file:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False))
    base = alt.Chart(table)
    bars = base.mark_bar().encode(y=y, x=alt.X("bytes:Q", title="bytes"), color=by)
    numbers = base.mark_text(align="left", dx=4).encode(y=y, x="bytes:Q", text="bytes:Q")
    line: Any = alt.Chart(pd.DataFrame({"bytes": [raw]})).mark_rule(strokeDash=[4, 4])
    return alt.layer(bars, numbers, line.encode(x="bytes:Q")).properties(height=alt.Step(_LINE))


def intervals_chart(found: Sequence[Split]) -> alt.LayerChart:
    """A line for each pixel: the whole interval that is left, and the part that it keeps."""
    import altair as alt

    rows = []
    for number, split in enumerate(found):
        where = f"{number + 1}: row {split.row + 1}, column {split.column + 1}"
        bounds = [0.0, split.start, split.start + split.share, 1.0]
        for start, end, kept in zip(bounds, bounds[1:], (False, True, False), strict=False):
            if end - start > 0:
                rows.append((where, start, end, "kept" if kept else "left out", split.share,
                             f"{split.bits:.2f} bits"))  # fmt: skip
    columns = ["pixel", "from", "to", "part", "probability", "so far"]
    table = pd.DataFrame(rows, columns=columns)
    y = alt.Y("pixel:N", sort=None, title=None, axis=alt.Axis(labelLimit=200, labelOverlap=False))
    colors = [role("drawn").color, role("future").color]
    bars = (
        alt.Chart(table)
        .mark_bar(stroke="white")
        .encode(
            y=y,
            x=alt.X("from:Q", title="share of the interval that is left", scale=_whole()),
            x2="to:Q",
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=["kept", "left out"], range=colors),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=columns,
        )
    )
    kept = table[table["part"] == "kept"]
    words = (
        alt.Chart(kept).mark_text(align="left", dx=4).encode(y=y, x=alt.datum(1.0), text="so far:N")
    )
    return alt.layer(bars, words).properties(height=alt.Step(_LINE))


def _whole() -> alt.Scale:
    import altair as alt

    return alt.Scale(domain=[0, 1])
