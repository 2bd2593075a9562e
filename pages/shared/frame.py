"""The frame of every page: share links, keys, projector mode, and hidden options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from pages.shared import owner
from pages.shared.address import address_of_app, in_words
from pages.shared.frame_styles import PROJECTOR, hidden_options
from widgets.frame.widget import Request, Shared, frame, sent_request

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_LINK = "s"
_PROJECTOR = "projector"
_KEPT = "projector-kept"  # a toggle loses its state on a change of page
OWN_PARAMETERS = (_LINK, _PROJECTOR, "lesson", "only")
"""The frame's own query parameters; they are not part of the page's state."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MOST_KEPT = 40


def surround(page: StreamlitPage, pages: Sequence[StreamlitPage]) -> None:
    """Draw the frame of `page`, one of `pages`, and follow a short link."""
    _follow_short_link({target.url_path: target for target in pages})
    st.html(f"<style>{PROJECTOR}{hidden_options(kept_options())}</style>")
    with st.sidebar.container(key="frame"):
        _foot(page.url_path, _projector_switch())


def _projector_switch() -> bool:
    """Whether projector mode is on: set by a link, then by the toggle, for all pages."""
    state = st.session_state
    asked = st.query_params.get(_PROJECTOR)
    if asked is not None:
        state[_KEPT] = asked == "1"
    state["projector"] = state.get(_KEPT, False)
    if state["projector"] and asked is None:
        st.query_params[_PROJECTOR] = "1"  # another page was opened
    return st.toggle(
        "Projector",
        key="projector",
        on_change=_keep_projector,
        help="Large type, thick lines and full contrast, legible from the last row.",
    )


def _keep_projector() -> None:
    st.session_state[_KEPT] = st.session_state["projector"]
    if st.session_state["projector"]:
        st.query_params[_PROJECTOR] = "1"
    else:
        st.query_params.pop(_PROJECTOR, None)


def own_state() -> dict[str, str]:
    """The query parameters of the page itself."""
    return {name: value for name, value in st.query_params.items() if name not in OWN_PARAMETERS}


def kept_options() -> list[str] | None:
    """The keys of the options that stay visible; None for all of them.

    `lesson=1` in the address hides every option, `only=label,seed` all but these two.
    """
    only = st.query_params.get("only")
    if only is None:
        return [] if st.query_params.get("lesson") == "1" else None
    return [key for key in only.split(",")[:_MOST_KEPT] if _KEY.fullmatch(key)]


# ---------------------------------------------------------------- short links


def _follow_short_link(pages: Mapping[str, StreamlitPage]) -> None:
    """Open the page of the code in the address, if it is one of `pages`."""
    code = st.query_params.get(_LINK)
    if code is None:
        return
    from pixelcnn.teaching.short_links import find_link

    place = find_link(code)
    if place is not None and place.page in pages:
        query: dict[str, list[str]] = {}
        for name, value in place.query:
            if name != _LINK:  # one step only: a link to a link may lead in a circle
                query.setdefault(name, []).append(value)
        st.switch_page(pages[place.page], query_params=query)
    st.query_params.pop(_LINK, None)
    st.warning(
        "This short link is not known here: it may be too old, or from another computer. Copy it "
        "again, or choose the page in the sidebar (on a phone, » opens it)."
    )


@st.fragment
def _foot(page: str, projector: bool) -> None:
    asked = sent_request("foot")
    shared = None if asked is None else _shared(page, asked)
    frame(shared, projector=projector, key="foot")


def _shared(page: str, asked: Request) -> Shared:
    """The link to a page in the state of a query: a short link, if it can be stored."""
    import numpy as np
    import segno

    from pixelcnn.errors import LabError
    from pixelcnn.teaching.short_links import TEACHER, Place, keep_link

    address = address_of_app(asked.seen, page)
    note = in_words(address)
    maker = TEACHER if owner.is_teacher() else owner.this_browser()
    pairs = tuple(parse_qsl(asked.query, keep_blank_values=True))
    try:
        link = f"{address.url}/?{_LINK}={keep_link(Place(page, pairs), maker=maker)}"
    except LabError as error:
        note = str(error)
        link = f"{address.url}/{page}?{urlencode(pairs)}"
    # The QR code of a long address has many small squares: weak error correction keeps them larger.
    code = segno.make_qr(link, error="m" if len(link) < 120 else "l")
    return Shared(asked.query, link, np.array([list(row) for row in code.matrix], bool), note)
