"""A link that opens a page of the app in a certain state, this very page too."""

from __future__ import annotations

from collections.abc import Mapping

from widgets.base.component import register, show

_component = register("show_link")


def show_link(path: str, query: Mapping[str, str], *, label: str = "Show me", key: str) -> None:
    """Draw the link. It changes the address, keeps the visit going, and shows the page's top.

    `st.page_link` cannot do that on the page that it stands on: it neither writes the address nor
    leaves the place at the bottom where it was clicked.

    path   the page's part of the address, empty for the start
    query  the parameters to set; all others are left out
    label  the words to click on
    """
    show(_component, key, {"path": path, "query": dict(query), "label": label}, {})
