"""Ownership of runs: its owner and the teacher may pause and stop a run; everyone may watch.

A browser is identified by a random key, so a reload or a second tab is still the owner. It is kept
in a cookie and in the page's storage: in a frame of another site there is no cookie, unless both
are served by HTTPS. The directory of a run stores only the hash of the key. The teacher enters the
key that the server was started with.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.streamlit_private import session_id
from pixelcnn.errors import LabError
from pixelcnn.system.addresses import is_loopback
from pixelcnn.system.plain_text import plain
from pixelcnn.teaching.serving import TEACHER_KEY
from pixelcnn.teaching.teacher_key import TeacherKey
from widgets.browser_key.widget import browser_key, kept_key, valid_key

if TYPE_CHECKING:
    from pixelcnn.runs.directory import Run

_COOKIE = "pixelcnn_lab"
_A_YEAR_S = 365 * 24 * 3600
_KEY_BYTES = 16
_KEPT = "browser-key"
_TEACHER, _REFUSED = "is_teacher", "teacher_refused"


def remember_browser() -> None:
    """Give this browser a key, unless it has one. Call once on each page that starts runs."""
    known = _browser_key() == st.context.cookies.get(_COOKIE)
    browser_key(_browser_key(), known=known, key=_KEPT)
    if not known:
        st.html(
            f"<script>document.cookie = '{_COOKIE}={_browser_key()}; path=/; "
            f"max-age={_A_YEAR_S}; SameSite=Strict'</script>",
            unsafe_allow_javascript=True,
        )


def claim(run: Run) -> None:
    """Record this browser as the owner of the run."""
    (run.path / "owner").write_text(this_browser())


def is_mine(run: Run) -> bool:
    """Whether this browser started the run."""
    # A run may have been started before the browser reported the key that it had kept.
    keys = {_browser_key(), st.session_state["offered_key"]}
    return any(hmac.compare_digest(run.owner, _hash(key)) for key in keys)


def this_browser() -> str:
    """The hash by which runs know this browser as their owner."""
    return _hash(_browser_key())


def is_teacher() -> bool:
    """Whether this session has entered the teacher's key."""
    return bool(st.session_state.get(_TEACHER))


def may_control(run: Run) -> bool:
    """Whether this session may pause, resume and stop the run."""
    return is_mine(run) or is_teacher()


def offer_teacher() -> None:
    """A box for the teacher's key, if the server has one; valid until the page is reloaded."""
    if not _teacher_key():
        return
    with st.popover("I am the teacher"):
        st.text_input(
            "Teacher's key",
            type="password",
            max_chars=100,
            key="teacher_key",
            on_change=_try_key,
        )
        if refused := st.session_state.pop(_REFUSED, None):
            st.error(plain(refused))


def _try_key() -> None:
    try:
        address = st.context.ip_address  # None on this computer
        _teacher_key().check(
            st.session_state["teacher_key"],
            session=session_id(),
            address=address or "",
            on_server=_is_on_server(address),
        )
    except LabError as error:
        st.session_state[_REFUSED] = str(error)
    else:
        st.session_state[_TEACHER] = True


def _is_on_server(address: str | None) -> bool:
    """Whether the viewer sits at the computer of the server, and not behind a proxy on it."""
    passed_on = any(name in st.context.headers for name in ("X-Forwarded-For", "Forwarded"))
    return not passed_on and (address is None or is_loopback(address))


@st.cache_resource(show_spinner=False)
def _teacher_key() -> TeacherKey:
    return TeacherKey(os.environ.get(TEACHER_KEY, ""))


def _browser_key() -> str:
    """The key that this browser sent or reported, or the one that it was offered."""
    state = st.session_state
    if "offered_key" not in state:
        sent = st.context.cookies.get(_COOKIE, "")
        state["offered_key"] = sent if valid_key(sent) else secrets.token_hex(_KEY_BYTES)
    # The report is gone once another page is open.
    if (kept := kept_key(_KEPT)) is not None:
        state["kept_key"] = kept
    key: str = state.get("kept_key", state["offered_key"])
    return key


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
