"""What surrounds every page: sharing it, its keys, projector mode, and links that hide options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from pages.shared.frame_styles import PROJECTOR, hidden_options
from widgets.frame.widget import Shared, frame, sent_query

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_LINK = "s"
_PROJECTOR = "projector"
_KEPT = "projector-kept"  # a switch forgets its state while a page is changed
OWN_PARAMETERS = (_LINK, _PROJECTOR, "lesson", "only")
"""What the frame keeps in the address of every page: it says nothing about the page's state."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MOST_KEPT = 40


def surround(page: StreamlitPage, pages: Sequence[StreamlitPage]) -> None:
    """Draw what stands around `page`, one of `pages`, and open the page of a short link."""
    _follow_short_link({one.url_path: one for one in pages})
    st.html(f"<style>{PROJECTOR}{hidden_options(kept_options())}</style>")
    with st.sidebar.container(key="frame"):
        _foot(page.url_path, _projector_switch())


def _projector_switch() -> bool:
    """Whether type and lines are large: a link decides, then the switch, on all pages alike."""
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
        help="Large type, thick lines and full contrast, to be read from the last row.",
    )


def _keep_projector() -> None:
    st.session_state[_KEPT] = st.session_state["projector"]
    if st.session_state["projector"]:
        st.query_params[_PROJECTOR] = "1"
    else:
        st.query_params.pop(_PROJECTOR, None)


def own_state() -> dict[str, str]:
    """What the address says about the page itself."""
    return {name: value for name, value in st.query_params.items() if name not in OWN_PARAMETERS}


def kept_options() -> list[str] | None:
    """The keys of the options that the address lets a page show; None for all of them.

    `lesson=1` hides every option, `only=label,seed` all but these two.
    """
    only = st.query_params.get("only")
    if only is None:
        return [] if st.query_params.get("lesson") == "1" else None
    return [key for key in only.split(",")[:_MOST_KEPT] if _KEY.fullmatch(key)]


# ---------------------------------------------------------------- short links


def _follow_short_link(pages: Mapping[str, StreamlitPage]) -> None:
    """Open the page that the code in the address stands for: one of `pages`, nothing else."""
    code = st.query_params.get(_LINK)
    if code is None:
        return
    from pixelcnn.teaching.short_links import find_link

    place = find_link(code)
    if place is not None and place.page in pages:
        st.switch_page(pages[place.page], query_params=list(place.query))
    st.query_params.pop(_LINK, None)
    st.warning(
        "This short link is not known here. It may have been made on another computer, or long "
        "ago. Copy it again, or find the page in the sidebar; on a phone, » opens it."
    )


@st.fragment
def _foot(page: str, projector: bool) -> None:
    query = sent_query("foot")
    frame(None if query is None else _shared(page, query), projector=projector, key="foot")


def _shared(page: str, query: str) -> Shared:
    """The link to a page in the state that `query` describes: short, if it can be kept."""
    import numpy as np
    import segno

    from pixelcnn.errors import LabError
    from pixelcnn.teaching.lan import address_for_others, is_loopback, lan_address
    from pixelcnn.teaching.short_links import Place, keep_link

    here = st.context.url or "http://localhost"
    bound = st.get_option("server.address")
    closed = bool(bound) and is_loopback(bound)
    address = address_for_others(here, None if closed else lan_address())
    note = "It opens on every computer in this network while the lab runs here."
    if closed or is_loopback(address.split("//")[-1].rsplit(":", 1)[0]):
        note = "It opens on this computer only: the lab is not open to a network."
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    try:
        link = f"{address}/?{_LINK}={keep_link(Place(page, pairs))}"
    except LabError as error:
        note = str(error)
        link = f"{address}/{page}?{urlencode(pairs)}"
    # A code of a long address has many small squares: the weakest correction keeps them large.
    code = segno.make_qr(link, error="m" if len(link) < 120 else "l")
    return Shared(query, link, np.array([list(row) for row in code.matrix], bool), note)
