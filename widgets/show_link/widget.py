"""A link that opens a page of the app in a given state, the current page included."""

from __future__ import annotations

from collections.abc import Mapping

from widgets.base.component import register, show

_component = register("show_link")


def show_link(path: str, query: Mapping[str, str], *, label: str = "Show me", key: str) -> None:
    """Draw the link. It changes the address, keeps the session, and scrolls to the page's top.

    `st.page_link` cannot do this on its own page: it neither changes the address nor scrolls up.

    path   the page's path in the address, empty for the start
    query  the parameters to set; all others are removed
    label  the text of the link
    """
    show(_component, key, {"path": path, "query": dict(query), "label": label}, {})
